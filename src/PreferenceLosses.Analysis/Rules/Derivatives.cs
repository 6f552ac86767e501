using PreferenceLosses.Analysis.Questions;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Rules;

/// <summary>Proofs from the sign of the derivative, for losses whose rows do not see each other.</summary>
internal static class Derivatives
{
    /// <summary>
    /// Whether a loss moves one way as an input rises, because its derivative is nowhere of the other sign. The loss has to be
    /// continuous and to have a derivative formula with a finite value everywhere: at kinks that value may be any, as they are isolated
    /// where they are kinks at all.
    /// </summary>
    public static bool Prove(LossGraph graph, ParameterValues parameters, Func<string, Interval?> inputs, string input, Direction towards)
    {
        // With two losses per row there is the derivative of their sum only; with a stopped gradient it is not that of the value.
        if (graph.IsBatchCoupled || graph.Losses.Length > 1 || Smoothness.MayJump(graph)
            || graph.Nodes.Any(node => node.Operation == Operation.StopGradient)
            || !graph.Gradient(1).TryGetValue(input, out var derivative))
        {
            return false;
        }

        var slope = new LossGraph([Expressions.Formulas.Broadcast(derivative, Shape.Row)], rewards: null);
        var range = new Ranges(slope, parameters, inputs)[slope.Losses[0]];
        return range.IsDefined && (towards == Direction.Up ? range.IsNonNegative : range.IsNonPositive);
    }
}
