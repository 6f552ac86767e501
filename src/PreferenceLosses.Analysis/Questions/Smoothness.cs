using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Does the loss jump anywhere?</summary>
internal static class Smoothness
{
    public static ContinuityFinding Continuity(Subject subject, LandscapeFinding landscape)
    {
        if (subject.Graph.Losses.All(loss => subject.Ranges[loss].IsDefined) && !MayJump(subject.Graph))
        {
            var isSmooth = !MayHaveKink(subject.Graph);
            return new(Verdict.Proven, isSmooth ? "smooth: continuous with all its derivatives" : "continuous", null, isSmooth);
        }

        // Rows alike on both sides of the jump, as near as doubles are.
        foreach (var (point, path) in from point in landscape.Points
                                      where point.Kind == PointKind.Jump
                                      from path in Probing.Path.Of(subject)
                                      where path.Name == point.Path
                                      select (point, path))
        {
            var (before, after) = path.Around(point.At);
            return new(Verdict.Refuted, $"the loss jumps from {Observation.Number(before.Loss)} to {Observation.Number(after.Loss)} at {point.Path} = {Observation.Number(point.At)}", new([before, after]), IsSmooth: false);
        }

        return new(Verdict.Unknown, "the formula has comparisons or operations that need not have a value, and no jump was found", null, IsSmooth: false);
    }

    /// <summary>Whether an operation that jumps stands above an input.</summary>
    public static bool MayJump(LossGraph graph) => AnyVarying(graph, node => node.Operation switch
    {
        Operation.Sign or Operation.RoundToSingle or Operation.Less or Operation.LessOrEqual or Operation.Equal => true,
        Operation.SortBy or Operation.UnsortBy => !ReferenceEquals(node.Operands[0], node.Operands[1]),
        _ => false,
    }) || AnyVarying(graph, node => node.Operation == Operation.Select, node => node.Operands[0]);

    /// <summary>Whether an operation with a kink stands above an input.</summary>
    public static bool MayHaveKink(LossGraph graph) => MayJump(graph) || AnyVarying(graph, node => node.Operation
        is Operation.Abs or Operation.Relu or Operation.Minimum or Operation.Maximum or Operation.Clamp or Operation.ReduceMin or Operation.ReduceMax
        or Operation.Quantile or Operation.SortBy or Operation.UnsortBy or Operation.StandardDeviation or Operation.Sqrt or Operation.Power);

    private static bool AnyVarying(LossGraph graph, Func<Expr, bool> kind, Func<Expr, Expr>? part = null)
    {
        var varying = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Nodes)
        {
            if (Subject.IsTrained(node) || node.Operands.Any(varying.Contains))
            {
                varying.Add(node);
            }
        }

        return graph.Nodes.Any(node => kind(node) && varying.Contains(part is null ? node : part(node)));
    }
}
