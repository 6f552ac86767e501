using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Classification;

/// <summary>Objectives of logits and targets on the ladder.</summary>
public class ClassificationDomainTests
{
    private static readonly ClassificationDomain Domain = new(4);

    [Fact]
    public void Established_objectives_are_accepted_and_none_is_another()
    {
        var accepted = new List<Objective>();
        foreach (var proposal in Domain.Established)
        {
            var report = Domain.Validate(proposal, accepted.Count + 1, accepted);
            Assert.Equal(proposal.Name, report.Objective?.Name);
            Assert.DoesNotContain(report.Findings, f => f.Rung == "properties");
            accepted.Add(report.Objective!);
        }

        Assert.Equal(5, accepted.Count);
    }

    /// <summary>Written by hand, with the sign of every term: what the operations of PyTorch have to come to.</summary>
    [Fact]
    public void Established_objectives_are_what_they_are_called()
    {
        double[] logits = [1, -0.5, 2, 0.25];
        const int Target = 3;
        var sum = logits.Sum(Math.Exp);
        var p = logits.Select(z => Math.Exp(z) / sum).ToArray();
        var expected = new Dictionary<string, double>
        {
            ["cross-entropy"] = -Math.Log(p[Target]),
            ["focal"] = -Math.Pow(1 - p[Target], 2) * Math.Log(p[Target]),
            ["label-smoothed"] = (-0.9 * Math.Log(p[Target])) - (0.1 * p.Average(Math.Log)),
            ["squared-error"] = p.Select((share, k) => Math.Pow(share - (k == Target ? 1 : 0), 2)).Sum(),
            ["multi-class-hinge"] = logits.Where((_, k) => k != Target).Sum(z => Math.Max(0, 1 + z - logits[Target])),
        };
        var batch = new PreferenceBatch<double>
        {
            ResponsesPerRow = 4,
            Other = new Dictionary<string, ReadOnlyMemory<double>> { [Columns.Logits] = logits, [Columns.Target] = new double[] { Target } },
        };
        foreach (var proposal in Domain.Established)
        {
            var loss = Domain.Validate(proposal, 1, []).Objective!.Loss;
            Assert.Equal(expected[proposal.Name], loss.Evaluate(batch).Value, 1e-12);
        }
    }

    [Theory]
    [InlineData("shape", "return F.softmax(logits, dim=1)", "a value for each class")]
    [InlineData("shape", "return (logits - logits.max(dim=1)[0]).sum(dim=1)", "keepdim=True")]
    [InlineData("names", "return F.cross_entrop(logits, targets)", "cross_entropy")]
    [InlineData("influence", "return torch.logsumexp(logits, dim=1)", "does not depend on targets")]
    [InlineData("influence", "return (logits.argmax(dim=1) == targets).float() + 0.0 * logits.detach().sum(1)", "no gradient with respect to logits")]
    [InlineData("finite-extreme", "return F.cross_entropy(logits, targets, reduction='none') + (90 - logits).sqrt().sum(dim=1)", "torch.sqrt")]
    [InlineData("finite-single", "return (torch.exp(logits).sum(dim=1)).log() - logits.gather(1, targets.unsqueeze(1)).squeeze(1)", "In single precision")]
    [InlineData("finite-initial", "norm = logits.norm(dim=1, keepdim=True)\n    return F.cross_entropy(logits / norm, targets, reduction='none')", "all logits are 0")]
    [InlineData("gradient", "return F.cross_entropy(logits, targets, reduction='none') + torch.sin(1e7 * logits).sum(dim=1)", "oscillates")]
    public void A_proposal_is_refused_by_its_rung_with_the_cause(string rung, string body, string says)
    {
        var report = Validate(body);
        Assert.Null(report.Objective);
        Assert.Contains(report.Findings, f => f.IsError && f.Rung == rung && f.Message.Contains(says, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("order", "return F.cross_entropy(logits, targets, reduction='none') * torch.arange(logits.shape[0])", "order of its examples")]
    [InlineData("properties", "return -F.cross_entropy(logits, targets, reduction='none')", "LESS likely")]
    [InlineData("properties", "return F.cross_entropy(logits + 3 * F.one_hot(targets, logits.shape[1]), targets, reduction='none', label_smoothing=0.3)", "misclassified")]
    [InlineData("one-row", "ce = F.cross_entropy(logits, targets, reduction='none')\n    return ce.mean() + ce.std()", "two examples")]
    public void What_can_be_trained_with_is_accepted_and_told(string rung, string body, string says)
    {
        var report = Validate(body);
        Assert.NotNull(report.Objective);
        Assert.Contains(report.Findings, f => f.Rung == rung && f.Message.Contains(says, StringComparison.Ordinal));
        Assert.NotEmpty(report.Properties);
    }

    [Fact]
    public void A_mean_and_the_losses_that_it_is_the_mean_of_are_one_objective()
    {
        var first = Validate("return F.cross_entropy(logits, targets, reduction='none')").Objective!;
        Assert.Equal(1, Domain.Validate(Proposal("loss = F.cross_entropy(logits, targets)\n    return loss"), 2, [first]).DuplicateOf);
        Assert.Equal(1, Domain.Validate(Proposal("return 2 * (logits.logsumexp(1) - logits.gather(1, targets.unsqueeze(1)).squeeze(1))"), 2, [first]).DuplicateOf);
    }

    [Fact]
    public void Losses_of_pairs_are_no_objectives_of_classes_and_the_other_way_round()
    {
        Assert.Null(Domain.Validate(new PairDomain().Established[0], 1, []).Objective);
        Assert.Null(new PairDomain().Validate(Domain.Established[0], 1, []).Objective);
    }

    [Fact]
    public void Two_classes_and_twenty_are_classes_too()
    {
        foreach (var classes in new[] { 2, 20 })
        {
            var domain = new ClassificationDomain(classes);
            Assert.All(domain.Established, proposal => Assert.NotNull(domain.Validate(proposal, 1, []).Objective));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationDomain(1));
    }

    [Fact]
    public void Every_operation_of_the_instructions_is_known_to_the_reader()
    {
        var instructions = Domain.Instructions;
        var from = instructions.IndexOf("torch.where, exp", StringComparison.Ordinal);
        var list = instructions[from..instructions.IndexOf("A value per example", StringComparison.Ordinal)];
        string[] others =
        [
            "torch", "F", "over", "the", "classes", "with", "and", "of", "values", "per", "example", "batch", "detach", "reduction", "label_smoothing", "targets", "logits", "shape", "dim=1", "1", "[1]", "logits",
        ];
        var names = list.Split([',', ';', ':', '.', ' ', '\n', '\r', '(', ')', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Except(others).ToArray();
        Assert.True(names.Length > 40, $"{names.Length} names");
        foreach (var name in names)
        {
            var found = new[] { $"torch.{name}", $"F.{name}", $"logits.{name}" }.Any(function => LossCode.Parse($"def f(logits, targets):\n    return {function}()\n")
                .Diagnostics.All(d => d.Kind != LossDiagnosticKind.Name));
            Assert.True(found, $"The instructions name '{name}', which is not known.");
        }
    }

    private static ValidationReport Validate(string body) => Domain.Validate(Proposal(body), 1, []);

    private static Proposal Proposal(string body) => new("", "own", $"def own(self, logits, targets):\n    {body}\n");
}
