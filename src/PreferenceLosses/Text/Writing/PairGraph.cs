using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>Which losses are of pairs.</summary>
internal static class PairGraph
{
    /// <summary>The log-probabilities of a pair, in the order in which functions take them.</summary>
    public static readonly string[] Columns =
    [
        PreferenceLosses.Columns.PolicyChosen, PreferenceLosses.Columns.PolicyRejected,
        PreferenceLosses.Columns.ReferenceChosen, PreferenceLosses.Columns.ReferenceRejected,
    ];

    /// <summary>Whether a row is a pair: the loss reads the log-probabilities of one of its completions.</summary>
    public static bool IsOfPairs(LossGraph graph) => graph.Inputs.Any(input => input.Shape == Shape.Row && Columns.Contains(input.Name));
}
