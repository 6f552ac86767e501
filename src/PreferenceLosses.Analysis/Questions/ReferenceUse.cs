using PreferenceLosses.Analysis.Probing;
using PreferenceLosses.Analysis.Rules;

namespace PreferenceLosses.Analysis.Questions;

/// <summary>Is the loss the same whatever the reference says?</summary>
internal static class ReferenceUse
{
    private static readonly string[] ReferenceColumns = [Columns.ReferenceChosen, Columns.ReferenceRejected, Columns.Reference];

    public static Finding Of(Subject subject)
    {
        var read = ReferenceColumns.Where(subject.Reads).ToArray();
        if (read.Length == 0)
        {
            return Finding.Proven("it reads no reference");
        }

        if (read.All(column => ShiftInvariance.IsProven(subject.Graph, new HashSet<string> { column })))
        {
            return Finding.Proven("the reference cancels out of the formula");
        }

        return Shifting.Witness(subject, [.. read.Take(1)]) is { } witness
            ? Finding.Refuted("it depends on the reference", witness)
            : Finding.Unknown("the formula reads the reference, and changing it changed nothing");
    }
}
