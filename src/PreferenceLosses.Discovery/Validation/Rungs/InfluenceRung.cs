using PreferenceLosses.Expressions;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>Does each input make a difference: the trained ones to the gradient, the others to the loss?</summary>
internal static class InfluenceRung
{
    private const string Rung = "influence";

    /// <summary>Whether inputs are read at all: known before anything is evaluated.</summary>
    public static IEnumerable<ValidationFinding> CheckReading(Candidate candidate)
    {
        foreach (var input in candidate.Terms.Inputs.Where(i => !candidate.Reads(i.Column)))
        {
            if (input.Role != Role.Optional)
            {
                yield return new(Rung, IsError: true, $"Your loss does not depend on {input.Parameter}: what it returns is the same whatever {input.Parameter} is, {Consequence(input)}. Use {input.Parameter} in the value that is returned.");
            }
        }
    }

    /// <summary>Whether what is read makes a difference, on rows as they come in training.</summary>
    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var probes = candidate.Terms.Probes.Where(p => p is { IsDecisive: true, InDouble: true, Rung: "finite-ordinary" or "finite-better" or "finite-worse" }).ToArray();
        foreach (var input in candidate.Terms.Inputs)
        {
            if (input.Role == Role.Trained)
            {
                if (probes.All(p => Array.TrueForAll(candidate.InDouble(p).Gradients[input.Column], g => g == 0)))
                {
                    yield return new(Rung, IsError: true, $"Your loss has no gradient with respect to {input.Parameter}: {WhyNoGradient(candidate)}, {Consequence(input)}. Let {input.Parameter} enter through differentiable operations.");
                }
            }
            else if (probes.All(p => IsIndifferent(candidate, p, input)))
            {
                yield return input.Role == Role.Target
                    ? new(Rung, IsError: true, $"Your loss does not depend on {input.Parameter}: changing it changes no loss, {Consequence(input)}.")
                    : new(Rung, IsError: false, $"Your loss does not depend on {input.Parameter}{candidate.Terms.WithoutOptional}");
            }
        }
    }

    private static string Consequence(Term input) => input.Role == Role.Trained ? "so training cannot change it" : "so it cannot tell right from wrong";

    private static string WhyNoGradient(Candidate candidate) =>
        candidate.Graph.Nodes.Any(n => n.Operation == Operation.StopGradient) ? "it enters only behind .detach() or another operation without gradient, or cancels out"
        : candidate.Graph.Nodes.Any(n => n.Operation is Operation.Less or Operation.LessOrEqual or Operation.Equal or Operation.Sign) ? "it enters only through comparisons or signs, whose derivative is 0, or cancels out"
        : "it cancels out of the formula, or is multiplied by 0";

    private static bool IsIndifferent(Candidate candidate, Probe probe, Term input)
    {
        if (!candidate.Reads(input.Column))
        {
            return true;
        }

        // Another class for a target, other nats for a log-probability.
        var changed = probe.Changed((_, i, value) => probe.Classes > 0 ? (value + 1 + (i % (probe.Classes - 1))) % probe.Classes : value - 1 - (i % 3), input.Column);
        return candidate.InDouble(probe).Losses.SequenceEqual(candidate.InDouble(changed).Losses);
    }
}
