using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Objectives of classification, <c>(logits, targets)</c>: PyTorch's values and gradients, and what is refused.</summary>
public class ClassTests(ITestOutputHelper output)
{
    /// <summary>How many <see cref="ErrorUnits"/> a result may be off.</summary>
    private const double AllowedUnits = 8;

    /// <summary>The sum of the exponentials, 1 and more, that PyTorch adds within a softmax and the formula's units do not see.</summary>
    private const double TermsInside = 1;

    private static readonly LossCodeOptions Options = new() { Classes = ClassGoldens.Classes };

    [Fact]
    public void Values_and_gradients_in_double_precision_are_those_of_PyTorch()
    {
        var worst = (Units: 0.0, What: "");
        var wrong = new List<string>();
        foreach (var golden in ClassGoldens.Cases)
        {
            var loss = LossCode.Parse(golden.Text, Options).GetLoss();
            var units = ErrorUnits.Of(loss, golden.Input);
            var result = loss.Evaluate(golden.Input.Batch<double>(), new EvaluationOptions { SingleRow = SingleRow.PyTorch });
            var epsilon = golden.Text.Contains(".float()", StringComparison.Ordinal) || golden.Text.Contains("torch.where(targets", StringComparison.Ordinal) ? 1.0 / (1 << 23) : 1.0 / (1L << 52);
            if (golden.Losses is { } losses)
            {
                Compare("loss", result.Losses, losses, units.Losses);
            }

            Compare("mean", [result.Value], [golden.Mean], [units.Losses.Average()]);
            Compare("gradient", result.Gradient(Columns.Logits), golden.Gradient, units.Gradient[Columns.Logits]);

            void Compare(string what, ReadOnlySpan<double> actual, double[] expected, double[] unit)
            {
                Assert.Equal(expected.Length, actual.Length);
                for (var i = 0; i < expected.Length; i++)
                {
                    var error = expected[i].Equals(actual[i]) ? 0 : Math.Abs(actual[i] - expected[i]) / (epsilon * (unit[i] + TermsInside));
                    var where = FormattableString.Invariant($"{golden}, {what}[{i}]: {actual[i]:R} where PyTorch has {expected[i]:R}");
                    if (!(error <= AllowedUnits))
                    {
                        wrong.Add(FormattableString.Invariant($"{error:F1} units: {where}"));
                    }

                    worst = error > worst.Units ? (error, where) : worst;
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
        output.WriteLine(FormattableString.Invariant($"{ClassGoldens.Cases.Count} cases; worst {worst.Units:F2} units: {worst.What}"));
    }

    [Fact]
    public void In_single_precision_the_same_means_are_finite_as_in_PyTorch()
    {
        foreach (var golden in ClassGoldens.Cases)
        {
            var mean = LossCode.Parse(golden.Text, Options).GetLoss().Evaluate(golden.Input.Batch<float>(), new EvaluationOptions { SingleRow = SingleRow.PyTorch }).Value;
            Assert.Equal(double.IsFinite(golden.Single), double.IsFinite(mean));
        }
    }

    [Theory]
    [InlineData("return logits", LossDiagnosticKind.Result, "a value for each class")]
    [InlineData("return logits.sum(dim=1, keepdim=True)", LossDiagnosticKind.Result, ".squeeze(1)")]
    [InlineData("return logits.sum(dim=0)", LossDiagnosticKind.Shape, "the classes of each row")]
    [InlineData("return (logits - logits.mean(dim=1)).sum(dim=1)", LossDiagnosticKind.Shape, "(N,) and (N, K)")]
    [InlineData("return (logits - targets).sum(dim=1)", LossDiagnosticKind.Shape, "unsqueeze(1)")]
    [InlineData("x = logits.mean(dim=1, keepdim=True) * 2\n    x += logits\n    return x.sum(dim=1)", LossDiagnosticKind.Shape, "into one of shape (N, K)")]
    [InlineData("return logits.gather(1, targets).squeeze(1)", LossDiagnosticKind.Shape, "targets.unsqueeze(1)")]
    [InlineData("return logits.gather(0, targets.unsqueeze(1)).squeeze(1)", LossDiagnosticKind.Shape, "classes of each row")]
    [InlineData("return (logits * F.one_hot(targets, 7)).sum(1)", LossDiagnosticKind.Argument, "the number of classes, 4")]
    [InlineData("return logits.max()", LossDiagnosticKind.Argument, "dim=1")]
    [InlineData("return logits.median()", LossDiagnosticKind.Shape, "one value per row")]
    [InlineData("return logits.cumsum(dim=1).sum(1)", LossDiagnosticKind.Shape, "one value per row")]
    [InlineData("return F.cross_entropy(logits, targets.float(), reduction='none')", LossDiagnosticKind.Shape, "the index of a class")]
    [InlineData("return F.cross_entropy(targets, targets, reduction='none')", LossDiagnosticKind.Shape, "(N, K)")]
    [InlineData("return logits[0].sum()", LossDiagnosticKind.Shape, "Elements of a tensor")]
    [InlineData("return logits.scatter_(1, targets.unsqueeze(1), 1.0).sum(1)", LossDiagnosticKind.State, "in place")]
    [InlineData("return torch.cat((logits, logits), 0)", LossDiagnosticKind.Shape, "two tensors")]
    [InlineData("return logits.numel() * logits.mean()", LossDiagnosticKind.Shape, "number of elements")]
    [InlineData("return torch.ones(logits.shape[0]) * logits.sum(1, keepdim=True)", LossDiagnosticKind.Shape, "(N, 1)")]
    public void What_is_not_accepted_is_refused_with_the_reason(string body, LossDiagnosticKind kind, string says)
    {
        var diagnostic = Assert.Single(Read(body, Options).Diagnostics);
        Assert.Equal(kind, diagnostic.Kind);
        Assert.Contains(says, diagnostic.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_classes_is_needed_only_by_a_text_that_asks_for_it()
    {
        Assert.NotNull(Read("return F.cross_entropy(logits, targets, reduction='none')", LossCodeOptions.Default).Loss);
        Assert.Contains("not known", Assert.Single(Read("return F.cross_entropy(logits, targets) / logits.shape[1]", LossCodeOptions.Default).Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mean_is_read_as_the_losses_that_it_is_the_mean_of_and_another_number_as_the_loss_of_every_row()
    {
        var mean = Read("return F.cross_entropy(logits, targets)", Options).Loss!;
        var rows = Read("return F.cross_entropy(logits, targets, reduction='none')", Options).Loss!;
        Assert.False(mean.Graph.IsBatchCoupled);
        Assert.True(LossFingerprint.Of(mean).IsSameFunctionAs(LossFingerprint.Of(rows)));

        var coupled = Read("ce = F.cross_entropy(logits, targets, reduction='none')\n    return ce.std() * 2", Options).Loss!;
        var losses = coupled.Evaluate(ClassGoldens.Cases[0].Input.Batch<double>()).Losses;
        Assert.Single(losses.ToArray().Distinct());
    }

    [Fact]
    public void A_text_that_was_read_for_a_number_of_classes_refuses_more()
    {
        var loss = Read("return F.cross_entropy(logits, targets, reduction='none')", new LossCodeOptions { Classes = 2 }).Loss!;
        Assert.Throws<InvalidBatchException>(() => loss.Evaluate(ClassGoldens.Cases[0].Input.Batch<double>()));
        Assert.Null(loss.Graph.Rewards);
    }

    [Fact]
    public void Objectives_that_differ_by_what_they_do_with_the_target_have_other_fingerprints()
    {
        var crossEntropy = LossFingerprint.Of(Read("return F.cross_entropy(logits, targets, reduction='none')", Options).Loss!);
        var byHand = LossFingerprint.Of(Read("return logits.logsumexp(1) - logits.gather(1, targets.unsqueeze(1)).squeeze(1)", Options).Loss!);
        var smoothed = LossFingerprint.Of(Read("return F.cross_entropy(logits, targets, reduction='none', label_smoothing=0.1)", Options).Loss!);
        Assert.True(crossEntropy.IsSameFunctionAs(byHand));
        Assert.False(crossEntropy.IsSameFunctionAs(smoothed));
        Assert.Null(crossEntropy.AffineRelationTo(smoothed));
    }

    [Fact]
    public void Every_objective_is_exported_as_a_function_of_logits_and_targets_without_a_mask()
    {
        foreach (var text in ClassGoldens.Cases.Select(c => c.Text).Distinct())
        {
            var code = LossCode.Parse(text, Options).GetLoss().ToPyTorch();
            Assert.Contains("    self,\n    logits: torch.FloatTensor,\n    targets: torch.FloatTensor,\n)", code, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("return 2 * F.cross_entropy(logits, targets)", "return 2 * F.cross_entropy(logits, targets, reduction='none')")]
    [InlineData("a = F.cross_entropy(logits, targets)\n    return 3 - (-a / 4 - (logits ** 2).mean())", "return 3 + F.cross_entropy(logits, targets, reduction='none') / 4 + (logits ** 2).mean(dim=1)")]
    public void Means_within_sums_and_factors_are_losses_per_row(string number, string perRow)
    {
        var loss = Read(number, Options).Loss!;
        Assert.False(loss.Graph.IsBatchCoupled);
        Assert.True(LossFingerprint.Of(loss).IsSameFunctionAs(LossFingerprint.Of(Read(perRow, Options).Loss!)));
    }

    [Fact]
    public void Numbers_that_double_at_every_step_are_read_in_time() =>
        Assert.NotNull(Read($"x = F.cross_entropy(logits, targets)\n    {string.Concat(Enumerable.Repeat("x = x + x\n    ", 300))}return x", Options).Loss);

    private static LossCodeResult Read(string body, LossCodeOptions options) => LossCode.Parse($"def own(self, logits, targets):\n    {body}\n", options);
}
