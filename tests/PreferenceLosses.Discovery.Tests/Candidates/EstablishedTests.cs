using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Candidates;

/// <summary>What the domain of pairs gives to begin with.</summary>
public class EstablishedTests
{
    [Theory]
    [InlineData("logistic", "dpo")]
    [InlineData("hinge", "slic")]
    [InlineData("ipo", "ipo")]
    [InlineData("kto-pair", "kto-pair")]
    public void Established_losses_are_the_catalogues(string name, string catalogued)
    {
        var domain = new PairDomain();
        var proposal = domain.Established.Single(p => p.Name == name);
        var loss = LossCode.Parse(proposal.Code).GetLoss();
        Assert.True(LossFingerprint.Of(loss).IsSameFunctionAs(LossFingerprint.Of(LossCatalog.BuiltIn.Find(catalogued).Loss)));
    }

    [Fact]
    public void Every_operation_of_the_instructions_is_known_to_the_reader()
    {
        var instructions = new PairDomain().Instructions;
        var from = instructions.IndexOf("torch.where, exp", StringComparison.Ordinal);
        var list = instructions[from..instructions.IndexOf("The code is read", StringComparison.Ordinal)];
        string[] words = [.. list.Split([',', ';', ':', '.', ' ', '\n', '\r', '(', ')'], StringSplitOptions.RemoveEmptyEntries)];
        string[] names = [.. words.Where(w => w is not ("torch" or "F" or "over" or "the" or "batch" or "arange" or "detach"))];
        Assert.True(names.Length > 40, $"{names.Length} names");
        foreach (var name in names)
        {
            var found = new[] { $"torch.{name}", $"F.{name}", $"policy_chosen_logps.{name}" }.Any(IsKnown);
            Assert.True(found, $"The instructions name '{name}', which is not known.");
        }

        // A function that is known but lacks arguments is told apart from one that is not known.
        static bool IsKnown(string function) => LossCode.Parse($"def f(policy_chosen_logps, policy_rejected_logps):\n    return {function}()\n")
            .Diagnostics.All(d => d.Kind != LossDiagnosticKind.Name);
    }

    [Fact]
    public void The_instructions_have_the_signature_and_the_form_of_the_reply()
    {
        var instructions = new PairDomain().Instructions;
        Assert.Contains("(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps)", instructions, StringComparison.Ordinal);
        foreach (var field in new[] { "\"thought\"", "\"name\"", "\"code\"", "self.beta", "nats", "summed" })
        {
            Assert.Contains(field, instructions, StringComparison.Ordinal);
        }
    }
}
