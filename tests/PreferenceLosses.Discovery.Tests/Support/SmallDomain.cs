using System.Collections.Concurrent;
using System.Collections.Immutable;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Support;

/// <summary>Losses of pairs, checked no further than that they can be read and are new.</summary>
internal sealed class SmallDomain : IObjectiveDomain
{
    // A run is gone on with thousands of times.
    private static readonly ConcurrentDictionary<string, (LossCodeResult Result, LossFingerprint? Fingerprint)> Known = [];

    public string Name => "small";

    public string Instructions => "Write a loss.";

    public ImmutableArray<Proposal> Established { get; init; } = [new("", "dpo", Code("dpo", "-F.logsigmoid(x)")), new("", "slic", Code("slic", "torch.relu(1 - x)"))];

    /// <summary>A function of x = βρ.</summary>
    public static string Code(string name, string formula) => $"""
        def {name}(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
            x = self.beta * ((policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps))
            return {formula}
        """.ReplaceLineEndings("\n");

    public ValidationReport Validate(Proposal proposal, int number, IReadOnlyList<Objective> earlier)
    {
        var (result, fingerprint) = Read(proposal.Code);
        if (result.Loss is not { } loss)
        {
            return new(null, [.. result.Diagnostics.Select(one => new ValidationFinding("syntax", IsError: true, one.ToString()))]);
        }

        var same = earlier.FirstOrDefault(one => Read(one.Code).Fingerprint!.IsSameFunctionAs(fingerprint!));
        return same is null
            ? new(new(number, UntrustedText.Distinct(UntrustedText.DisplayName(proposal.Name), number, earlier.Select(one => one.Name)), proposal.Code, loss), []) { Properties = ["a function"] }
            : new(null, [new("duplicate", IsError: true, "It was there before.")]) { DuplicateOf = same.Number };
    }

    private static (LossCodeResult Result, LossFingerprint? Fingerprint) Read(string code) => Known.GetOrAdd(code, text =>
    {
        var result = LossCode.Parse(text);
        return (result, result.Loss is null ? null : LossFingerprint.Of(result.Loss));
    });
}
