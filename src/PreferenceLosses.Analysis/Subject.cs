using System.Collections.Immutable;
using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis;

/// <summary>What the rows of a loss are.</summary>
internal enum RowKind
{
    /// <summary>A chosen and a rejected completion.</summary>
    Pair,

    /// <summary>One completion, desirable or not.</summary>
    Example,

    /// <summary>K completions.</summary>
    Group,

    /// <summary>Something of the user's own.</summary>
    Other,
}

/// <summary>The loss that a card is made of, with what several questions need.</summary>
internal sealed class Subject
{
    public static readonly ImmutableHashSet<string> ShiftChosen = [Columns.PolicyChosen, Columns.ReferenceChosen];
    public static readonly ImmutableHashSet<string> ShiftRejected = [Columns.PolicyRejected, Columns.ReferenceRejected];
    public static readonly ImmutableHashSet<string> ShiftPolicy = [Columns.PolicyChosen, Columns.PolicyRejected];
    public static readonly ImmutableHashSet<string> ShiftReference = [Columns.ReferenceChosen, Columns.ReferenceRejected];

    public Subject(IPreferenceLoss loss)
    {
        Loss = loss;
        Graph = loss.Graph;
        Probe = new Probe(loss);
        Ranges = new Ranges(Graph, loss.Parameters, _ => null);
        Kind = Graph.Inputs.Any(i => i.Shape == Shape.Responses) ? RowKind.Group
            : Reads(Columns.PolicyChosen) || Reads(Columns.PolicyRejected) ? RowKind.Pair
            : Reads(Columns.Policy) ? RowKind.Example
            : RowKind.Other;
        IsOfDifferenceAlone = Kind == RowKind.Pair
            && new[] { ShiftChosen, ShiftRejected, ShiftPolicy }.All(shift => ShiftInvariance.IsProven(Graph, shift))
            && Graph.Inputs.Where(i => i.IsDifferentiable).All(i => Columns.LogProbabilities.Contains(i.Name!));
        Points = Probing.Points.For(loss.Parameters, Graph.IsBatchCoupled ? 0.12 : 1);
    }

    public IPreferenceLoss Loss { get; }

    public LossGraph Graph { get; }

    public Probe Probe { get; }

    public Ranges Ranges { get; }

    public RowKind Kind { get; }

    /// <summary>Whether of the log-probabilities the loss is proven to see nothing but ρ.</summary>
    public bool IsOfDifferenceAlone { get; }

    /// <summary>Where lines are looked at.</summary>
    public double[] Points { get; }

    /// <summary>The number of rows of a batch to probe with: alone if rows do not see each other.</summary>
    public int ContextRows => Graph.IsBatchCoupled ? 3 : 1;

    public bool Reads(string column) => Graph.Inputs.Any(i => i.Name == column);

    /// <summary>The columns that training changes: log-probabilities of the policy, and whatever else is differentiable but the reference.</summary>
    public static bool IsTrained(Expr input) =>
        input.IsDifferentiable && input.Name is not (Columns.ReferenceChosen or Columns.ReferenceRejected or Columns.Reference);

    /// <summary>
    /// Batches in whose first row something is to move. A function of ρ looks the same from anywhere; other losses are looked at
    /// with the reference and the policy preferring the one, the other, or neither, and at small and large log-probabilities; a few
    /// will do where each point takes a batch of its own.
    /// </summary>
    public IEnumerable<ProbeBatch> Contexts() => Graph.IsBatchCoupled ? AllContexts().Take(4) : AllContexts();

    private IEnumerable<ProbeBatch> AllContexts()
    {
        if (IsOfDifferenceAlone)
        {
            yield return Context(-1024);
            yield break;
        }

        var beta = Loss.Parameters.FirstOrDefault(p => p.Parameter.Name == "beta") is { Parameter: not null, Value: > 0 } bound ? bound.Value : 1;
        var labels = Reads(Columns.Desirable) ? new double[] { 1, 0 } : [1];
        foreach (var label in labels)
        {
            foreach (var level in new double[] { -40, -4, -1024 })
            {
                var batch = Context(level).Map((_, row, value) => row == 0 ? label : value, Columns.Desirable);
                yield return batch;
                if (Kind == RowKind.Pair && level == -40)
                {
                    // By a few nats, and beyond the margin 1/β.
                    foreach (var (column, distance) in from distance in new[] { 5, Math.Min(1.5 / beta, 900) }
                                                 from column in new[] { Columns.PolicyChosen, Columns.PolicyRejected, Columns.ReferenceChosen, Columns.ReferenceRejected }
                                                 select (column, distance))
                    {
                        yield return batch.Map((_, row, value) => row == 0 ? value - distance : value, column);
                    }
                }
            }
        }
    }

    /// <summary>The line on which one value of the first row moves.</summary>
    public static Line Moving(ProbeBatch context, Expr input, int response = 0)
    {
        var at = context.Columns[input.Name!][response];
        return new Line(Words(input.Name!), context, [(input.Name!, response, 1)]) { Domain = (-1000, Math.Min(-at - (1 / 64.0), 1000)) };
    }

    /// <summary>The points that a line is looked at.</summary>
    public double[] PointsOn(Line line) => [.. Points.Where(t => t >= line.Domain.From && t <= line.Domain.To)];

    public static string Words(string column) => column switch
    {
        Columns.PolicyChosen => "log π(chosen)",
        Columns.PolicyRejected => "log π(rejected)",
        Columns.ReferenceChosen => "log π_ref(chosen)",
        Columns.ReferenceRejected => "log π_ref(rejected)",
        Columns.Policy => "log π",
        Columns.Reference => "log π_ref",
        _ => column,
    };

    /// <summary>One level of log-probabilities in the first row; other rows, if they matter, off it by a little.</summary>
    private ProbeBatch Context(double level)
    {
        double[] offsets = [0, 1.5, -2];
        return Samples.Alike(Graph, ContextRows, level).Map(
            (_, i, value) => Math.Min(value + offsets[Kind == RowKind.Group ? i / Samples.Responses : i], -0.5), Columns.PolicyChosen, Columns.Policy);
    }
}
