using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>
/// Losses as PyTorch functions. What they compute is checked in PyTorch, by Oracle/check_exports.py; here it is the text, and that
/// the library's own reader understands it.
/// </summary>
public class PyTorchTests
{
    private const string PairArguments = """
            self,
            policy_chosen_logps: torch.FloatTensor,
            policy_rejected_logps: torch.FloatTensor,
            reference_chosen_logps: torch.FloatTensor,
            reference_rejected_logps: torch.FloatTensor,

        """;

    private const string LogRatios = """
            c_w = policy_chosen_logps - reference_chosen_logps
            c_l = policy_rejected_logps - reference_rejected_logps

        """;

    [Fact]
    public void Dpo() => AssertText(
        "# dpo (beta = 0.1): unreduced losses in nats. Needs torch, and torch.nn.functional as F.\ndef dpo_loss(\n" + PairArguments + ") -> torch.FloatTensor:\n" + LogRatios + """
            rho = c_w - c_l
            x = self.beta * rho
            return -F.logsigmoid(x)

        """,
        new DpoLoss().ToPyTorch());

    [Fact]
    public void DiscoPop_with_its_values_as_defaults() => AssertText(
        "# discopop (beta = 0.05, tau = 0.2): unreduced losses in nats. Needs torch, and torch.nn.functional as F.\ndef discopop_loss(\n"
        + PairArguments + "    tau: float = 0.2,\n) -> torch.FloatTensor:\n" + LogRatios + """
            rho = c_w - c_l
            x = self.beta * rho
            return -torch.sigmoid(-x / tau) * F.logsigmoid(x) + torch.exp(F.logsigmoid(x / tau) - x)

        """,
        new DiscoPopLoss { Tau = 0.2 }.ToPyTorch());

    [Fact]
    public void KtoPair_has_two_halves() => AssertText(
        "# kto-pair (beta = 0.1): unreduced losses in nats. Needs torch, and torch.nn.functional as F.\ndef kto_pair_loss(\n" + PairArguments + ") -> torch.FloatTensor:\n" + LogRatios + """
            k_l = torch.clamp(c_l.mean(), min=0)
            k_w = torch.clamp(c_w.mean(), min=0)
            chosen_losses = torch.sigmoid(-self.beta * (c_w - k_l))
            rejected_losses = torch.sigmoid(-self.beta * (k_w - c_l))
            return torch.cat((chosen_losses, rejected_losses), 0)

        """,
        new KtoPairLoss().ToPyTorch());

    [Fact]
    public void Padll_keeps_its_weights_in_the_precision_of_the_inputs() => Assert.EndsWith(
        "    return -0.9 * (1 - 0.5 * (rho < 0).type_as(policy_chosen_logps)) * F.logsigmoid(x)\n", new PadllLoss().ToPyTorch(), StringComparison.Ordinal);

    [Fact]
    public void Names_that_Python_has_taken_get_an_underscore_and_a_second_x_a_number() => AssertText(
        """
        # lambda-and_2% (beta = 0.1, lambda = 0.5): unreduced losses in nats. Needs torch, and torch.nn.functional as F.
        def lambda_and_2__loss(
            self,
            policy_chosen_logps: torch.FloatTensor,
            policy_rejected_logps: torch.FloatTensor,
            reference_chosen_logps: torch.FloatTensor,
            reference_rejected_logps: torch.FloatTensor,
            margin: torch.FloatTensor,
            class_: torch.FloatTensor,
            torch_: torch.FloatTensor,
            lambda_: float = 0.5,
        ) -> torch.FloatTensor:
            x_1 = policy_chosen_logps
            x_1_2 = policy_rejected_logps
            return_ = x_1 * x_1_2
            pair = margin
            rho_hat_2 = lambda_ / self.beta
            return return_ * pair * rho_hat_2 + class_ + torch_

        """.ReplaceLineEndings("\n"),
        ExportedLosses.Awkward.ToPyTorch());

    [Fact]
    public void Losses_of_other_rows_take_the_columns_that_they_read()
    {
        var text = Unpaired().ToPyTorch();
        Assert.Contains("(\n    self,\n    desirable: torch.FloatTensor,\n    policy: torch.FloatTensor,\n    kl: torch.FloatTensor,\n)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_PyTorch_has_no_operation_for_is_refused_with_the_reason()
    {
        var policy = Input(Columns.Policy, Shape.Responses, differentiable: true);
        var loss = new OwnLoss(new LossGraph([Quantile(policy, 0.5, Axis.Responses)], rewards: null));
        Assert.Contains("Quantile over the responses", Assert.Throws<NotSupportedException>(() => loss.ToPyTorch()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ExportedLosses.Names), MemberType = typeof(ExportedLosses))]
    public void Every_loss_is_written_in_short_lines_of_ASCII(string name)
    {
        var text = ExportedLosses.ByName[name].ToPyTorch();
        Assert.All(text, c => Assert.True(c is '\n' or (>= ' ' and <= '~'), $"'{c}'"));
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 330));
        Assert.Equal(text, ExportedLosses.ByName[name].ToPyTorch());
    }

    [Fact]
    public void Our_own_reader_reads_every_pair_loss_back_to_the_same_numbers()
    {
        var pairs = PairColumns.Random(9, seed: 11);
        var read = 0;
        foreach (var loss in ExportedLosses.ByName.Values.Where(IsForTheReader))
        {
            // Stabilized, because faithful reading has PyTorch's derivatives too, which lose the tails of σ and tanh.
            var result = LossCode.Parse(loss.ToPyTorch(), new LossCodeOptions { Stabilize = true });
            Assert.True(result.Loss is not null, $"{loss.Name}: {string.Join(" | ", result.Diagnostics)}\n{loss.ToPyTorch()}");
            var parsed = (loss.Has("beta") ? result.GetLoss().With("beta", loss.Parameters["beta"]) : result.GetLoss()).On(pairs);
            var original = loss.On(pairs);
            var units = ErrorUnits.Of(loss, pairs);
            AssertClose(loss.Name, original.Losses, parsed.Losses, units.Losses);
            foreach (var column in PairColumns.Names)
            {
                AssertClose($"{loss.Name}, {column}", original.Gradient(column), parsed.Gradient(column), units.Gradient[column]);
            }

            read++;
        }

        Assert.InRange(read, LossCatalog.BuiltIn.Entries.Count(entry => IsForTheReader(entry.Loss)) + 50, int.MaxValue);
    }

    [Fact]
    public void The_few_that_it_does_not_read_are_refused_and_not_misread() =>
        Assert.All(ForPyTorchOnly, name => Assert.False(LossCode.Parse(ExportedLosses.ByName[name].ToPyTorch()).Diagnostics.IsEmpty));

    [Fact]
    public void What_was_read_from_text_is_written_and_read_back_to_the_same_bits()
    {
        var again = LossCode.Parse(ExportedLosses.FromText.ToPyTorch()).GetLoss();
        var pairs = PairColumns.Random(9, seed: 11);
        Same.Bits(ExportedLosses.FromText.Values(pairs), again.Values(pairs));
    }

    [Fact]
    public void A_formula_200_000_operations_deep_is_written_in_text_of_its_size()
    {
        var text = ExportedLosses.Nested(100_000).ToPyTorch();
        Assert.InRange(text.Length, 1_000_000, 20_000_000);
    }

    [Fact]
    public void Shared_parts_are_written_once() => Assert.InRange(ExportedLosses.Doubling.ToPyTorch().Length, 1_000, 20_000);

    /// <summary>The reader has the vocabulary of published losses: no responses, no columns of one's own, no scatter.</summary>
    private static bool IsForTheReader(PreferenceLoss loss) =>
        loss.Graph.Inputs.All(input => input.Shape == Shape.Row && PairColumns.Names.Contains(input.Name))
        && !loss.Graph.IsVerbatim && loss.Graph.Losses.Length == 1 && !ForPyTorchOnly.Contains(loss.Name);

    /// <summary>Conditions on hyper-parameters, indexing, infinities, and casts of numbers, which the reader refuses.</summary>
    private static readonly string[] ForPyTorchOnly =
    [
        "sign-number", "log1mexp-number", "less-number", "lessorequal-number", "equal-number", "select-number", "roundtosingle-number", "sortby-key", "unsortby",
        "aot", "aot-unpaired", "f-dpo-forward-kl", "f-dpo-alpha",
    ];

    private static void AssertClose(string what, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double[] units)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= 16 * Math.Pow(2, -52) * units[i],
                FormattableString.Invariant($"{what}[{i}]: {actual[i]:R} after reading, {expected[i]:R} before"));
        }
    }

    private static OwnLoss Unpaired()
    {
        var policy = Input(Columns.Policy, Shape.Row, differentiable: true);
        var kl = Input("kl", Shape.Scalar, differentiable: false);
        return new OwnLoss(new LossGraph([Input(Columns.Desirable, Shape.Row, differentiable: false) * Square(policy - kl)], rewards: null));
    }

    private static void AssertText(string expected, string actual) => Assert.Equal(expected.ReplaceLineEndings("\n"), actual);

    private sealed record OwnLoss : PreferenceLoss
    {
        private readonly LossGraph graph;

        public OwnLoss(LossGraph graph)
            : base("own") => this.graph = graph;

        protected override LossGraph BuildGraph() => graph;
    }
}
