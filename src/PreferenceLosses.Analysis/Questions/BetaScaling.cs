using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Does β only choose the unit of the log-probabilities?</summary>
internal static class BetaScaling
{
    public static BetaFinding Of(Subject subject)
    {
        if (subject.Graph.Parameters.All(p => p.Name != "beta"))
        {
            return new(Verdict.NotApplicable, "it has no β", null, BetaUse.Unused, null);
        }

        var hasScalars = subject.Graph.Inputs.Any(i => i.Shape == Shape.Scalar);
        if (Scaling.Degree(subject.Graph, subject.Loss.Parameters, ofScalars: 0) is { } degree && double.IsFinite(degree))
        {
            return Proven(subject, degree, "");
        }

        if (hasScalars && Scaling.Degree(subject.Graph, subject.Loss.Parameters, ofScalars: -1) is { } inNats && double.IsFinite(inNats))
        {
            return Proven(subject, inNats, ", its scalar inputs in nats like the log-probabilities");
        }

        return Witness(subject) is { } witness
            ? new(Verdict.Refuted, "not a function of βρ: β twice as large and log-probabilities half as large give another loss", witness, BetaUse.NotHomogeneous, null)
            : new(Verdict.Unknown, "neither a proof that β only scales the log-probabilities nor a counterexample", null, BetaUse.NotHomogeneous, null);
    }

    private static BetaFinding Proven(Subject subject, double degree, string assuming)
    {
        var scaled = subject.IsOfDifferenceAlone ? "f(βρ)" : "f(β·log-probabilities)";
        return degree == 0
            ? new(Verdict.Proven, $"{scaled}: β only chooses the unit of the log-probabilities{assuming}", null, BetaUse.FunctionOfScaled, 0)
            : new(Verdict.Proven, FormattableString.Invariant($"β^({degree})·{scaled}{assuming}"), null, BetaUse.PowerTimesFunctionOfScaled, degree);
    }

    private static Witness? Witness(Subject subject)
    {
        var beta = subject.Loss.Parameters["beta"];
        foreach (var factor in new[] { 2, 0.5 })
        {
            if (subject.Probe.With("beta", beta * factor) is not { } scaled)
            {
                continue;
            }

            var columns = subject.Graph.Inputs.Where(i => i.IsDifferentiable).Select(i => i.Name!).ToArray();
            foreach (var batch in Samples.FarAndNear(subject.Graph, Math.Max(subject.ContextRows, subject.Graph.MinimumRows)))
            {
                var scaledBatch = batch.Map((_, _, value) => value / factor, columns);
                for (var row = 0; row < batch.Rows; row++)
                {
                    var (before, after) = (subject.Probe.Observe(batch, row), scaled.Observe(scaledBatch, row));
                    var (a, b) = (subject.Probe.Enclose(before), scaled.Enclose(after));
                    if (a.High < b.Low || b.High < a.Low)
                    {
                        return new([before, after]);
                    }
                }
            }
        }

        return null;
    }
}
