using System.Collections.Immutable;
using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Does the loss see nothing of the log-probabilities but ρ, the difference of the log-ratios?</summary>
internal static class DifferenceAlone
{
    private static readonly (Invariance Flag, ImmutableHashSet<string> Columns, string Words)[] Shifts =
    [
        (Invariance.Chosen, Subject.ShiftChosen, "policy and reference of the chosen completion"),
        (Invariance.Rejected, Subject.ShiftRejected, "policy and reference of the rejected completion"),
        (Invariance.Policy, Subject.ShiftPolicy, "the policy's two log-probabilities"),
        (Invariance.Reference, Subject.ShiftReference, "the reference's two log-probabilities"),
    ];

    public static ShiftFinding Of(Subject subject)
    {
        if (subject.Kind != RowKind.Pair)
        {
            return new(Verdict.NotApplicable, "ρ is the log-ratio difference of a pair, and the rows of this loss are no pairs", null, 0);
        }

        var ignored = Shifts.Where(shift => ShiftInvariance.IsProven(subject.Graph, shift.Columns)).ToArray();
        var proven = ignored.Aggregate((Invariance)0, (all, shift) => all | shift.Flag);
        if (proven == Invariance.Difference)
        {
            var others = subject.Graph.Inputs.Where(i => !Columns.LogProbabilities.Contains(i.Name!)).Select(i => i.Name).ToArray();
            return new(Verdict.Proven, "of the log-probabilities it sees ρ alone" + (others.Length == 0 ? "" : $"; it also reads {string.Join(", ", others)}"), null, proven);
        }

        var form = proven switch
        {
            _ when proven.HasFlag(Invariance.LogRatios) => "a function of the two log-ratios",
            _ when proven.HasFlag(Invariance.Margins) => "a function of the policy's margin and the reference's",
            0 => "no common shift is proven to cancel",
            _ => $"what cancels: a common shift of {string.Join("; of ", ignored.Select(shift => shift.Words))}",
        };
        foreach (var (_, columns, words) in Shifts.Except(ignored))
        {
            if (Shifting.Witness(subject, columns) is { } witness)
            {
                return new(Verdict.Refuted, $"it notices a common shift of {words}; {form}", witness, proven);
            }
        }

        return new(Verdict.Unknown, $"no shift that was tried made a difference, and there is no proof; {form}", null, proven);
    }
}
