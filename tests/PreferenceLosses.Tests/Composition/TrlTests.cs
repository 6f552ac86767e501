using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Composition;

/// <summary>TRL's configurations: each loss type, TRL's defaults, and what is refused rather than ignored.</summary>
public sealed class TrlTests
{
    public static TheoryData<string, TrlTrainer, string> Types
    {
        get
        {
            var data = new TheoryData<string, TrlTrainer, string>();
            foreach (var entry in LossCatalog.BuiltIn.Entries.Where(entry => entry.TrlLossType is not null))
            {
                data.Add(entry.Name, Enum.GetValues<TrlTrainer>().Single(t => entry.TrlTrainer!.Equals(t + "Trainer", StringComparison.OrdinalIgnoreCase)), entry.TrlLossType!);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_loss_type_leads_to_the_entry_that_says_so(string name, TrlTrainer trainer, string type)
    {
        var loss = TrlLosses.FromTrl(new TrlConfig
        {
            Trainer = trainer,
            LossTypes = [type],
            LabelSmoothing = type == "exo_pair" ? 0.001 : null,
            CpoAlpha = trainer == TrlTrainer.Cpo && type != "alphapo" ? 0 : null,
            Alpha = type == "alphapo" ? 0.25 : null,
        });
        Assert.Equal(name, loss.Name);
        if (loss.Has("beta"))
        {
            Assert.Equal(trainer == TrlTrainer.Tpo ? 0.01 : 0.1, loss.Parameters["beta"]);
        }
    }

    [Fact]
    public void Defaults_are_TRLs()
    {
        Assert.Equal(new DpoLoss { Beta = 0.1 }, TrlLosses.FromTrl(new TrlConfig()));
        Assert.Equal(new DiscoPopLoss { Beta = 0.1, Tau = 0.05 }, TrlLosses.FromTrl(new TrlConfig { LossTypes = ["discopop"] }));
        Assert.Equal(new RobustLoss { LabelSmoothing = 0 }, TrlLosses.FromTrl(new TrlConfig { LossTypes = ["robust"] }));
        Assert.Equal(new KtoLoss(), TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Kto }));
        Assert.Equal(new OrpoLoss { Lambda = 0.1 }, TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Orpo }));

        // CPOTrainer has the likelihood beside SimPO unless it is told not to.
        Assert.Equal(
            WeightedSumLoss.Of((1, new SimPoLoss { Beta = 0.1, Gamma = 0.5 }), (1, new SftLoss())),
            TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["simpo"] }));
    }

    [Fact]
    public void Options_are_honoured()
    {
        Assert.Equal(new CdpoLoss { Beta = 0.2, LabelSmoothing = 0.3 }, TrlLosses.FromTrl(new TrlConfig { Beta = 0.2, LabelSmoothing = 0.3 }));
        Assert.Equal(new DiscoPopLoss { Beta = 0.1, Tau = 0.2 }, TrlLosses.FromTrl(new TrlConfig { LossTypes = ["discopop"], DiscoPopTau = 0.2 }));
        Assert.Equal(
            new KtoLoss { DesirableWeight = 2, UndesirableWeight = 3 },
            TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Kto, DesirableWeight = 2, UndesirableWeight = 3 }));
        Assert.Equal(
            new SlicLoss().WithAlphaDivergence(0.25),
            TrlLosses.FromTrl(new TrlConfig { LossTypes = ["hinge"], FDivergenceType = "alpha_divergence", FAlpha = 0.25 }));
        Assert.Equal(new DpoLoss().With(Modification.ReferenceFree), TrlLosses.FromTrl(new TrlConfig { ReferenceFree = true }));
        Assert.Equal(new DpoLoss().With(Modification.PairWeights), TrlLosses.FromTrl(new TrlConfig { UseWeighting = true }));
        Assert.Equal(
            new AlphaPoLoss { Beta = 0.1, Gamma = 0.5, Alpha = 0.4 },
            TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["alphapo"], Alpha = 0.4 }));
    }

    [Fact]
    public void Mpo_is_three_loss_types_with_weights() => Assert.Equal(
        WeightedSumLoss.Of((0.8, new DpoLoss()), (0.2, new BcoPairLoss()), (1, new SftLoss())),
        TrlLosses.FromTrl(new TrlConfig { LossTypes = ["sigmoid", "bco_pair", "sft"], LossWeights = [0.8, 0.2, 1] }));

    [Theory]
    [InlineData("sigmoid")]
    [InlineData("tpo-l")]
    public void The_likelihood_of_TPOTrainer_is_averaged_over_all_gold_tokens(string type)
    {
        var loss = TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Tpo, LossTypes = [type], TpoLengthGamma = type == "tpo-l" ? 0 : null });
        double[] gold = [-2, -12];
        double[] tokens = [1, 3];
        var result = loss.Evaluate(new PreferenceBatch<double>
        {
            PolicyChosen = [-4.0, -2.0], PolicyRejected = [-4.0, -2.0], ChosenLength = [2.0, 5.0], RejectedLength = [2.0, 5.0],
            Other = new Dictionary<string, ReadOnlyMemory<double>> { [Columns.PolicyGold] = gold, [Columns.GoldLength] = tokens },
        });

        // (2 + 12) nats over 1 + 3 tokens; the average of the responses' averages is 3.
        Assert.Equal(Math.Log(2) + 3.5, result.Value, 1e-15);
        Assert.Equal([-0.25, -0.25], result.Gradient(Columns.PolicyGold).ToArray());
    }

    [Fact]
    public void Without_its_likelihood_TPO_reads_no_gold_responses()
    {
        Assert.Equal(
            new SimPoLoss { Beta = 0.01, Gamma = 0.5 },
            TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Tpo, LossTypes = ["tpo-l"], TpoAlpha = 0 }));

        var loss = TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Tpo, TpoAlpha = 0, Beta = 0.5 });
        Assert.Equal([Columns.PolicyChosen, Columns.PolicyRejected], loss.Graph.Inputs.Select(input => input.Name).Order());
        Assert.Equal(
            Math.Log(1 + Math.Exp(-1)), loss.Evaluate(new PreferenceBatch<double> { PolicyChosen = [-1.0], PolicyRejected = [-3.0] }).Value, 1e-15);
    }

    [Fact]
    public void Label_smoothing_is_for_sigmoid_alone_or_for_those_beside_it()
    {
        Assert.Equal(
            WeightedSumLoss.Of((1, new DpoLoss()), (1, new RobustLoss { LabelSmoothing = 0.2 })),
            TrlLosses.FromTrl(new TrlConfig { LossTypes = ["sigmoid", "robust"], LabelSmoothing = 0.2 }));
        Assert.Equal(
            WeightedSumLoss.Of((1, new ExoPairLoss { LabelSmoothing = 0.2 }), (1, new DpoLoss())),
            TrlLosses.FromTrl(new TrlConfig { LossTypes = ["exo_pair", "sigmoid"], LabelSmoothing = 0.2 }));
        Assert.Equal(
            WeightedSumLoss.Of((1, new DpoLoss()), (1, new AotLoss { LabelSmoothing = 0.2 })),
            TrlLosses.FromTrl(new TrlConfig { LossTypes = ["sigmoid", "aot"], LabelSmoothing = 0.2 }));
    }

    [Theory]
    [InlineData("sigmoid", 1)]
    [InlineData("apo_down", 1)]
    [InlineData("sigmoid", 1.0000005)]
    [InlineData("sigmoid", 0.9999995)]
    public void An_alpha_divergence_at_1_is_the_reverse_KL_divergence(string type, double alpha) => Assert.Equal(
        TrlLosses.FromTrl(new TrlConfig { LossTypes = [type] }),
        TrlLosses.FromTrl(new TrlConfig { LossTypes = [type], FDivergenceType = "alpha_divergence", FAlpha = alpha }));

    [Fact]
    public void What_changes_nothing_is_accepted_for_losses_that_could_not_honour_more()
    {
        Assert.Equal(
            new ApoZeroUnpairedLoss(),
            TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Kto, LossTypes = ["apo_zero_unpaired"], DesirableWeight = 1, UndesirableWeight = 1 }));
        Assert.Equal(
            new CpoLoss { Alpha = 0 }, TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Cpo, Alpha = 0, CpoAlpha = 0, LabelSmoothing = 0 }));
        Assert.Equal(new TpoLoss { Beta = 0.01 }, TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Tpo, LabelSmoothing = 0 }));
    }

    [Fact]
    public void The_hinge_of_CPOTrainer_has_no_reference()
    {
        var loss = TrlLosses.FromTrl(new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["hinge"], Beta = 0.5, CpoAlpha = 0 });
        Assert.Equal([Columns.PolicyChosen, Columns.PolicyRejected], loss.Graph.Inputs.Select(input => input.Name).Order());
        Assert.Equal(0.5, loss.Evaluate(new PreferenceBatch<double> { PolicyChosen = [-2.0], PolicyRejected = [-3.0] }).Value);
    }

    public static TheoryData<TrlConfig, string> Refused => new()
    {
        { new TrlConfig { LossTypes = ["sigmiod"] }, "'sigmiod' is no loss_type of TRL's DPOTrainer" },
        { new TrlConfig { LossTypes = ["simpo"] }, "'simpo' is no loss_type of TRL's DPOTrainer" },
        { new TrlConfig { LossTypes = [] }, "at least one" },
        { new TrlConfig { LossTypes = ["hinge"], LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is set, and makes no difference to hinge" },
        { new TrlConfig { DiscoPopTau = 0.1 }, "discopop_tau = 0.1 is set, and makes no difference to sigmoid" },
        { new TrlConfig { LossTypes = ["exo_pair"] }, "exo_pair needs label_smoothing greater than 0" },
        { new TrlConfig { LossTypes = ["robust"], LabelSmoothing = 0.5 }, "less than 0.5" },
        { new TrlConfig { LossTypes = ["sft"], Beta = 0.1 }, "beta = 0.1 is set" },
        { new TrlConfig { FAlpha = 0.3 }, "f_alpha_divergence_coef = 0.3 is set" },
        { new TrlConfig { FDivergenceType = "kl" }, "f_divergence_type is 'kl'; reverse_kl" },
        { new TrlConfig { LossTypes = ["apo_down"], FDivergenceType = "forward_kl" }, "normaliser of the optimal policy does not cancel" },
        { new TrlConfig { LossTypes = ["ipo"], FDivergenceType = "js_divergence" }, "normaliser" },
        { new TrlConfig { LossTypes = ["aot"], UseWeighting = true }, "compares responses of different rows" },
        { new TrlConfig { LdAlpha = 0.5 }, "ld_alpha is no part of a loss" },
        { new TrlConfig { RpoAlpha = 1 }, "rpo_alpha is gone from TRL" },
        { new TrlConfig { LossTypes = ["sigmoid", "sft"], LossWeights = [1] }, "There are 1 loss_weights for 2 loss types" },
        { new TrlConfig { CpoAlpha = 1 }, "cpo_alpha = 1 is set" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["sigmoid", "sft"] }, "only DPOTrainer takes several" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, ReferenceFree = true }, "reference_free = True is set" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["alphapo"], CpoAlpha = 1 }, "cpo_alpha = 1 is set" },
        { new TrlConfig { Trainer = TrlTrainer.Kto, LossTypes = ["apo_zero_unpaired"], DesirableWeight = 2 }, "desirable_weight = 2 is part of TRL's apo_zero_unpaired, and is not available here" },
        { new TrlConfig { Trainer = TrlTrainer.Kto, LossTypes = ["apo_zero_unpaired"], UndesirableWeight = 0.5 }, "undesirable_weight = 0.5 is part of TRL's" },
        { new TrlConfig { LossTypes = ["sigmoid", "sft"], UseWeighting = true }, "use_weighting with sft is not available here" },
        { new TrlConfig { LossTypes = ["sft"], UseWeighting = true }, "use_weighting with sft is not available here" },
        { new TrlConfig { LossTypes = ["sigmoid", "sft"], LabelSmoothing = 0.1 }, "makes no difference to sigmoid, sft in TRL as of 2026" },
        { new TrlConfig { LabelSmoothing = -0.1 }, "label_smoothing" },
        { new TrlConfig { LabelSmoothing = double.NaN }, "label_smoothing" },
        { new TrlConfig { LabelSmoothing = 0.5 }, "less than 0.5" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["simpo"], LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is part of TRL's simpo, and is not available here" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["alphapo"], LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is part of TRL's alphapo" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["hinge"], LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is set, and makes no difference to hinge" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, Alpha = 0.2 }, "alpha = 0.2 is part of TRL's sigmoid" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["hinge"], Alpha = 0.2 }, "alpha = 0.2 is part of TRL's hinge" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["ipo"], Alpha = double.NaN }, "alpha = NaN is part of TRL's ipo" },
        { new TrlConfig { Trainer = TrlTrainer.Tpo, LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is part of TRL's sigmoid" },
        { new TrlConfig { Trainer = TrlTrainer.Tpo, LossTypes = ["tpo-l"], LabelSmoothing = 0.1 }, "label_smoothing = 0.1 is part of TRL's tpo-l" },
        { new TrlConfig { Trainer = TrlTrainer.Tpo, LossTypes = ["hinge"], LabelSmoothing = 0.1 }, "'hinge' is no loss_type of TRL's TPOTrainer, or one that is not here" },
        { new TrlConfig { Trainer = TrlTrainer.Tpo, TpoAlpha = double.NaN }, "alpha" },
        { new TrlConfig { Trainer = TrlTrainer.Cpo, LossTypes = ["sft"], Alpha = 0.2 }, "'sft' is no loss_type of TRL's CPOTrainer" },
        { new TrlConfig { FDivergenceType = "alpha_divergence", FAlpha = 1.5 }, "f_alpha_divergence_coef = 1.5 is not available here; 0 to 1 are" },
        { new TrlConfig { FDivergenceType = "alpha_divergence", FAlpha = -0.5 }, "f_alpha_divergence_coef = -0.5 is not available here" },
        { new TrlConfig { FDivergenceType = "alpha_divergence", FAlpha = double.NaN }, "f_alpha_divergence_coef = NaN is not available here" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_honoured_is_refused_with_a_reason(TrlConfig config, string reason) =>
        Assert.Contains(reason, Assert.ThrowsAny<ArgumentException>(() => TrlLosses.FromTrl(config)).Message, StringComparison.Ordinal);
}
