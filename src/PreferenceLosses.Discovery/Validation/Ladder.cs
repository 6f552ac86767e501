using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation.Rungs;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>
/// The way of a proposal from text to an objective: cheap rungs before dear ones, and none above one that found an error, because what it would say only follows
/// from that.
/// </summary>
internal sealed class Ladder(Terms terms)
{
    private readonly FingerprintBook fingerprints = new();

    /// <summary>Rungs on the formula, in their order. Each says what it found.</summary>
    private static readonly ImmutableArray<Func<Candidate, IEnumerable<ValidationFinding>>> Rungs =
        [InputsRung.Check, InfluenceRung.CheckReading, FiniteRung.Check, OneRowRung.Check, InfluenceRung.Check, GradientRung.Check, OrderRung.Check];

    public ValidationReport Climb(Proposal proposal, int number, IReadOnlyList<Objective> earlier)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        ArgumentNullException.ThrowIfNull(earlier);
        var read = terms.Read(proposal.Code, LossCodeOptions.Default);
        var findings = ImmutableArray.CreateBuilder<ValidationFinding>();
        findings.AddRange(ReadingRung.Check(read, terms.Row));
        if (read.Loss is null)
        {
            return new ValidationReport(null, findings.ToImmutable());
        }

        var candidate = new Candidate(read.Loss, terms);
        foreach (var rung in Rungs)
        {
            findings.AddRange(rung(candidate));
            if (findings.Any(f => f.IsError))
            {
                return new ValidationReport(null, findings.ToImmutable());
            }
        }

        if (DuplicateRung.Check(candidate, earlier, fingerprints) is { } duplicate)
        {
            findings.Add(duplicate.Finding);
            return new ValidationReport(null, findings.ToImmutable()) { DuplicateOf = duplicate.Of };
        }

        var portrait = terms.Portrait(candidate);
        findings.AddRange(portrait.Defects.Select(defect => new ValidationFinding("properties", IsError: false, defect)));
        return new ValidationReport(Named(proposal, read.Loss, number, earlier), findings.ToImmutable()) { Properties = portrait.Sentences };
    }

    /// <summary>The objective under a name that is safe and that no other has.</summary>
    private Objective Named(Proposal proposal, CodeLoss loss, int number, IReadOnlyList<Objective> earlier)
    {
        var wished = UntrustedText.DisplayName(proposal.Name);
        var name = UntrustedText.Distinct(wished.Length > 0 ? wished : UntrustedText.DisplayName(loss.Name), number, earlier.Select(o => o.Name));
        var named = terms.Read(loss.Text, new LossCodeOptions { Name = name }).GetLoss();
        return new Objective(number, name, UntrustedText.Lines(loss.Text), named);
    }
}
