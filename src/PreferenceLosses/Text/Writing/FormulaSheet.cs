using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>What is to be written down for people: the losses, where their parts are defined, and the derivatives.</summary>
internal sealed class FormulaSheet
{
    private FormulaSheet(ImmutableArray<string> losses, ImmutableArray<Definition> parts, ImmutableArray<Derivative> derivatives, ImmutableArray<Definition> derivativeParts)
    {
        Losses = losses;
        Parts = parts;
        Derivatives = derivatives;
        DerivativeParts = derivativeParts;
    }

    /// <summary>One formula, or two for a 2B loss.</summary>
    public ImmutableArray<string> Losses { get; }

    /// <summary>What the losses are made of, the outer ones first, as one reads.</summary>
    public ImmutableArray<Definition> Parts { get; }

    /// <summary>The derivatives of the losses, summed over the batch if its rows are coupled, by every differentiable column.</summary>
    public ImmutableArray<Derivative> Derivatives { get; }

    /// <summary>What the derivatives have beside the parts of the losses.</summary>
    public ImmutableArray<Definition> DerivativeParts { get; }

    public static FormulaSheet Of(LossGraph graph, Notation notation)
    {
        var gradient = graph.Gradient(1);
        var columns = gradient.Keys.OrderBy(Place).ToArray();

        // Together, so that the derivatives use the same nodes, and so the same names, as the losses.
        var all = Simplifier.Simplify([.. graph.Losses, .. columns.Select(column => gradient[column])]);
        var layout = new Layout(notation, new Names(new HashSet<string>()));
        var (parts, losses) = layout.Write(all[..graph.Losses.Length]);

        var derivatives = all[graph.Losses.Length..];
        var first = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < derivatives.Length; i++)
        {
            first.TryAdd(Unsigned(derivatives[i]), i);
        }

        var (derivativeParts, formulas) = layout.Write([.. first.Values.Select(i => derivatives[i])]);
        var written = first.Values.Zip(formulas).ToDictionary(pair => pair.First, pair => pair.Second);
        return new FormulaSheet(
            [.. losses.Select(loss => notation.Text(notation.Value(loss)))],
            OuterFirst(parts),
            [.. columns.Select((column, i) => DerivativeOf(i, column))],
            OuterFirst(derivativeParts));

        Derivative DerivativeOf(int i, string column)
        {
            var input = graph.Inputs.First(node => node.Name == column);
            var same = first[Unsigned(derivatives[i])];
            return same == i
                ? new Derivative(input, notation.Text(notation.Value(written[i])), null, false)
                : new Derivative(input, "", graph.Inputs.First(node => node.Name == columns[same]), IsNegative(derivatives[i]) != IsNegative(derivatives[same]));
        }
    }

    private static ImmutableArray<Definition> OuterFirst(ImmutableArray<Definition> parts) => [.. parts.OrderByDescending(part => part.Level)];

    private static int Place(string column) => Array.IndexOf(PairGraph.Columns, column) is >= 0 and var place ? place : PairGraph.Columns.Length;

    private static bool IsNegative(Expr node) => node.Operation == Operation.Negate;

    private static Expr Unsigned(Expr node) => IsNegative(node) ? node.Operands[0] : node;
}

/// <summary>The derivative by one column.</summary>
/// <param name="By">The column.</param>
/// <param name="Text">The formula; empty where it is that of another column.</param>
/// <param name="Same">The column whose derivative it is, but for the sign.</param>
/// <param name="IsOpposite">Whether it is minus that.</param>
internal sealed record Derivative(Expr By, string Text, Expr? Same, bool IsOpposite);
