using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Validation;

/// <summary>Each rung of the ladder: what it refuses, what it tells, and that it says why.</summary>
public class LadderTests
{
    private const string Rho = "rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)";

    private static readonly PairDomain Domain = new();

    [Theory]
    [InlineData("syntax", "return (rho", "line")]
    [InlineData("syntax", "for i in range(3):\n        rho = rho + i\n    return rho", "for")]
    [InlineData("names", "return torch.fft(rho)", "fft")]
    [InlineData("names", "return rho.item() * rho", ".detach()")]
    [InlineData("names", "return rho * torch.rand_like(rho)", "rand_like")]
    [InlineData("names", "return rho + unknown_thing", "unknown_thing")]
    [InlineData("shape", "return rho.mean()", "one number for the whole batch")]
    [InlineData("shape", "return torch.cat((rho, -rho), 0) + rho", "(2N,)")]
    [InlineData("influence", "return -F.logsigmoid(policy_chosen_logps - reference_chosen_logps)", "does not depend on policy_rejected_logps")]
    [InlineData("influence", "return -F.logsigmoid(policy_chosen_logps - policy_rejected_logps.detach())", "behind .detach()")]
    [InlineData("influence", "return -F.logsigmoid(policy_chosen_logps) * (policy_rejected_logps < -30).float()", "comparisons")]
    [InlineData("influence", "return -F.logsigmoid(policy_chosen_logps) + policy_rejected_logps - policy_rejected_logps", "cancels")]
    [InlineData("finite-ordinary", "return torch.log(rho)", "torch.log needs a positive argument")]
    [InlineData("finite-ordinary", "return 1 / (rho - rho)", "Divide by something that cannot be 0")]
    [InlineData("finite-initial", "return -F.logsigmoid(rho / rho.std())", "the policy equals the reference")]
    [InlineData("finite-initial", "return torch.sqrt(rho.abs())", "its gradient")]
    [InlineData("finite-initial", "return torch.where(rho > 0, -rho.abs().sqrt(), -rho)", "torch.where")]
    [InlineData("finite-equal", "spread = policy_chosen_logps.std(unbiased=False)\n    return -F.logsigmoid(rho) / spread", "all pairs of the batch are equal")]
    [InlineData("finite-better", "misranked = (rho <= 0).float().mean()\n    return -F.logsigmoid(rho) / misranked", "ranks all pairs rightly")]
    [InlineData("finite-worse", "ranked = (rho >= 0).float().mean()\n    return -F.logsigmoid(rho) / ranked", "ranks all pairs wrongly")]
    [InlineData("finite-extreme", "return -F.logsigmoid(rho) + (90 - rho).sqrt()", "torch.sqrt needs an argument that is not negative")]
    [InlineData("finite-single", "return torch.exp(-rho)", "In single precision")]
    [InlineData("finite-single", "weight = torch.exp(rho ** 2 / 50)\n    return -weight * F.logsigmoid(rho)", "'weight' is infinite")]
    [InlineData("one-row", "return -F.logsigmoid(rho) / (rho.shape[0] - 1)", "a batch of one pair")]
    [InlineData("gradient", "return -F.logsigmoid(rho) + torch.sin(1e7 * rho)", "jumps or oscillates")]
    public void A_proposal_is_refused_by_its_rung_with_the_cause(string rung, string body, string says)
    {
        var report = Validate(body);
        Assert.Null(report.Objective);
        Assert.Contains(report.Findings, f => f.IsError && f.Rung == rung && f.Message.Contains(says, StringComparison.Ordinal));
        Assert.All(report.Findings.Where(f => f.IsError), f => Assert.Equal(rung, f.Rung));
    }

    [Theory]
    [InlineData("shape", "return torch.cat((-F.logsigmoid(self.beta * rho), torch.relu(-rho)), 0)", "2N")]
    [InlineData("influence", "return -F.logsigmoid(self.beta * (policy_chosen_logps - policy_rejected_logps))", "does not depend on reference_chosen_logps. That is allowed")]
    [InlineData("one-row", "return -F.logsigmoid(self.beta * rho) * (1 + rho.std())", "two pairs")]
    [InlineData("order", "return -F.logsigmoid(self.beta * rho) * (1 + torch.arange(rho.shape[0]))", "order of its pairs")]
    [InlineData("finite-extreme", "return torch.exp(-self.beta * rho)", "it is accepted because few do")]
    [InlineData("gradient", "return -F.logsigmoid(self.beta * rho) * torch.sigmoid(-rho).detach()", ".detach()")]
    [InlineData("properties", "return -F.logsigmoid(-self.beta * rho)", "LESS likely")]
    [InlineData("properties", "return -F.logsigmoid(rho)", "does not use self.beta")]
    [InlineData("properties", "return (self.beta * rho + 1) ** 2", "minimum between rho = -22 and -18")]
    [InlineData("properties", "return (1 - torch.sigmoid(self.beta * rho)) * rho.abs()", "never starts")]
    public void What_can_be_trained_with_is_accepted_and_told(string rung, string body, string says)
    {
        var report = Validate(body);
        Assert.NotNull(report.Objective);
        Assert.Contains(report.Findings, f => f.Rung == rung && f.Message.Contains(says, StringComparison.Ordinal));
        Assert.NotEmpty(report.Properties);
    }

    /// <summary>The losses that the paper found best, DBAQL and LRML among them, overflow where no training gets.</summary>
    [Theory]
    [InlineData("discopop-generated")]
    [InlineData("dbaql-generated")]
    [InlineData("aqfl-generated")]
    [InlineData("aql-generated")]
    [InlineData("cell")]
    [InlineData("pfl-generated")]
    [InlineData("padll")]
    public void The_papers_losses_are_accepted(string name)
    {
        var code = LossCatalog.BuiltIn.Find(name).Loss.ToPyTorch();
        Assert.NotNull(Domain.Validate(new Proposal("", name, code), 1, []).Objective);
    }

    [Fact]
    public void The_same_function_written_otherwise_is_a_duplicate()
    {
        var first = Validate("return -F.logsigmoid(self.beta * rho)").Objective!;
        var report = Domain.Validate(Proposal("x = -self.beta * rho\n    return torch.log1p(torch.exp(-x.abs())) + torch.relu(x)"), 2, [first]);
        Assert.Equal(1, report.DuplicateOf);
        Assert.Null(report.Objective);
        Assert.Contains("equals candidate 1 (own)", Assert.Single(report.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scaled_and_shifted_function_is_a_duplicate_and_its_negative_is_none()
    {
        var first = Validate("return -F.logsigmoid(self.beta * rho)").Objective!;
        var scaled = Domain.Validate(Proposal("return 3 - 2.5 * F.logsigmoid(self.beta * rho)"), 2, [first]);
        Assert.Equal(1, scaled.DuplicateOf);
        Assert.Contains("2.5 · candidate 1 + 3", Assert.Single(scaled.Findings).Message, StringComparison.Ordinal);
        Assert.Null(Domain.Validate(Proposal("return F.logsigmoid(self.beta * rho)"), 2, [first]).DuplicateOf);
    }

    [Fact]
    public void An_objective_has_the_number_a_distinct_name_and_the_text_as_it_was_read()
    {
        var first = Validate("return -F.logsigmoid(self.beta * rho)").Objective!;
        var second = Domain.Validate(Proposal("return torch.relu(1 - rho)  # hidden\u202E words"), 7, [first]).Objective!;
        Assert.Equal((1, "own"), (first.Number, first.Name));
        Assert.Equal((7, "own-7"), (second.Number, second.Name));
        Assert.Equal("own-7", second.Loss.Name);
        Assert.StartsWith("def own(self, policy_chosen_logps", second.Code, StringComparison.Ordinal);
        Assert.EndsWith("return torch.relu(1 - rho)  # hidden words\n", second.Code, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_the_data_do_not_have_are_refused()
    {
        var code = "def own(self, policy_chosen_logps, policy_rejected_logps, chosen_length):\n    return -F.logsigmoid(policy_chosen_logps / chosen_length - policy_rejected_logps)\n";
        var finding = Assert.Single(Domain.Validate(new Proposal("", "own", code), 1, []).Findings, f => f.IsError);
        Assert.Equal("inputs", finding.Rung);
        Assert.Contains("chosen_length", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Established_losses_are_accepted_and_KTO_of_pairs_is_marked()
    {
        foreach (var proposal in Domain.Established)
        {
            var report = Domain.Validate(proposal, 1, []);
            Assert.NotNull(report.Objective);
            Assert.Equal(proposal.Name == "kto-pair", report.Findings.Any(f => f.Rung == "shape"));
        }
    }

    private static ValidationReport Validate(string body) => Domain.Validate(Proposal(body), 1, []);

    private static Proposal Proposal(string body) => new(
        "", "own", $"def own(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):\n    {Rho}\n    {body}\n");
}
