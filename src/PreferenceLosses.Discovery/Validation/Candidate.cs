using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>The losses of a batch, and the derivatives of their mean.</summary>
/// <param name="Losses">Unreduced.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Gradients">One array for each trained input, by column.</param>
internal sealed record Outcome(double[] Losses, double Mean, ImmutableDictionary<string, double[]> Gradients)
{
    public bool IsFinite => double.IsFinite(Mean) && Array.TrueForAll(Losses, double.IsFinite) && Gradients.Values.All(g => Array.TrueForAll(g, double.IsFinite));
}

/// <summary>A formula on the ladder.</summary>
internal sealed class Candidate(IPreferenceLoss loss, Terms terms)
{
    private static readonly EvaluationOptions Options = new() { SingleRow = SingleRow.PyTorch, MaxThreads = 1 };

    private readonly Dictionary<Probe, Outcome> outcomes = new(ReferenceEqualityComparer.Instance);

    public IPreferenceLoss Loss => loss;

    public LossGraph Graph => loss.Graph;

    public Terms Terms => terms;

    /// <summary>The first batch: ordinary rows.</summary>
    public Probe Ordinary => terms.Probes[0];

    /// <summary>Whether the losses read a column. (The rewards that are logged may read others.)</summary>
    public bool Reads(string column) => Graph.Nodes.Any(n => n.Operation == Operation.Input && n.Name == column);

    /// <summary>Losses and gradients in double precision; the same ones if they are asked for again.</summary>
    public Outcome InDouble(Probe probe) =>
        outcomes.TryGetValue(probe, out var known) ? known : outcomes[probe] = Evaluate(probe, value => value, value => value);

    /// <summary>Losses and gradients in single precision.</summary>
    public Outcome InSingle(Probe probe) => Evaluate(probe, value => (float)value, value => value);

    /// <summary>Every named value at a row.</summary>
    public LossTrace Trace(Probe probe, int row, bool inDouble) =>
        inDouble ? loss.Trace(Batch(probe, value => value), row, Options) : loss.Trace(Batch(probe, value => (float)value), row, Options);

    private Outcome Evaluate<T>(Probe probe, Func<double, T> from, Func<T, double> to)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var result = loss.Evaluate(Batch(probe, from), Options);
        var gradients = terms.Inputs.Where(i => i.Role == Role.Trained && Reads(i.Column))
            .ToImmutableDictionary(i => i.Column, i => Array.ConvertAll(result.Gradient(i.Column).ToArray(), g => to(g)));
        return new Outcome(Array.ConvertAll(result.Losses.ToArray(), l => to(l)), result.Value, gradients);
    }

    private PreferenceBatch<T> Batch<T>(Probe probe, Func<double, T> from)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        PreferenceBatch.FromColumns(
            Graph.Inputs.ToDictionary(i => i.Name!, i => Array.ConvertAll(probe.Columns[i.Name!], v => from(v)))) with
        {
            ResponsesPerRow = Graph.Inputs.Any(i => i.Shape == Shape.Responses) ? probe.Classes : 0,
        };
}
