using System.Text.Json;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Composition;

/// <summary>Sums and modifications of losses: what they compute, what they refuse, and their JSON.</summary>
public sealed class CompositionTests
{
    private static readonly PairColumns Pairs = PairColumns.Random(12, seed: 4);

    private static readonly PreferenceLoss[] Compositions =
    [
        WeightedSumLoss.Of((0.8, new DpoLoss { Beta = 0.3 }), (0.2, new BcoPairLoss()), (1, new SftLoss())),
        WeightedSumLoss.Of((1, new DpoLoss()), (-0.5, new DpoLoss { Beta = 2 })),
        new SlicLoss { Beta = 0.7 }.With(Modification.ForwardKl).WithLabelSmoothing(0.2),
        new DiscoPopLoss().WithAlphaDivergence(0.25),
        new ExponentialLoss().With(Modification.LengthNormalization).With(Modification.PairWeights),
        WeightedSumLoss.Of((2, new IpoLoss().With(Modification.ReferenceFree)), (1, new NllLoss())),
    ];

    [Fact]
    public void A_sum_is_the_sum_of_losses_and_gradients_with_weights_and_values_of_its_own()
    {
        var (dpo, bco, sft) = (new DpoLoss { Beta = 0.3 }, new BcoPairLoss { Beta = 0.2 }, new SftLoss());
        var sum = WeightedSumLoss.Of((0.8, dpo), (0.2, bco), (1, sft)).On(Pairs);
        PreferenceLoss[] terms = [dpo, bco, sft];
        double[] weights = [0.8, 0.2, 1];
        for (var i = 0; i < Pairs.Rows; i++)
        {
            Assert.Equal(terms.Zip(weights, (loss, w) => w * loss.On(Pairs).Losses[i]).Sum(), sum.Losses[i], 1e-14);
            Assert.Equal(
                terms.Zip(weights, (loss, w) => w * loss.On(Pairs).Gradient(Columns.PolicyChosen)[i]).Sum(), sum.Gradient(Columns.PolicyChosen)[i], 1e-15);
        }

        // The rewards are those of the first term.
        Assert.Equal(dpo.On(Pairs).Rewards!.Chosen.ToArray(), sum.Rewards!.Chosen.ToArray());
    }

    [Fact]
    public void The_parameters_of_a_sum_have_the_name_of_their_term_in_front()
    {
        var sum = WeightedSumLoss.Of((1, new DpoLoss()), (0.5, new ExoPairLoss()), (2, new DpoLoss { Beta = 3 }));
        Assert.Equal(
            "dpo+exo-pair+dpo (dpo_weight = 1, dpo_beta = 0.1, exo_pair_weight = 0.5, exo_pair_beta = 0.1, exo_pair_label_smoothing = 0.001, "
            + "dpo_2_weight = 2, dpo_2_beta = 3)",
            sum.ToString());
        var changed = (WeightedSumLoss)sum.With("dpo_2_beta", 0.25).With("exo_pair_weight", 4);
        Assert.Equal((4, 0.25), (changed.Terms[1].Weight, ((DpoLoss)changed.Terms[2].Loss).Beta));
        Assert.Equal(WeightedSumLoss.Of((1, new DpoLoss()), (4, new ExoPairLoss()), (2, new DpoLoss { Beta = 0.25 })), changed);
        Assert.NotEqual<PreferenceLoss>(sum, changed);
        Assert.Throws<ArgumentOutOfRangeException>(() => sum.With("dpo_beta", -1));
    }

    [Fact]
    public void Sums_of_what_has_no_rows_in_common_are_refused()
    {
        Assert.Contains("two losses per row", Assert.Throws<ArgumentException>(() => WeightedSumLoss.Of((1, new DpoLoss()), (1, new KtoPairLoss()))).Message, StringComparison.Ordinal);
        Assert.Contains("'kto' is a loss of unpaired examples, and 'dpo' one of pairs", Assert.Throws<ArgumentException>(() => WeightedSumLoss.Of((1, new DpoLoss()), (1, new KtoLoss()))).Message, StringComparison.Ordinal);
        Assert.Contains("ranked responses", Assert.Throws<ArgumentException>(() => WeightedSumLoss.Of((1, new KtoLoss()), (1, new NcaLoss()))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => WeightedSumLoss.Of());
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightedSumLoss.Of((double.NaN, new DpoLoss())));
    }

    [Fact]
    public void Text_that_is_evaluated_as_in_PyTorch_is_not_mixed_with_what_is_not()
    {
        const string Text = """
            def text_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
                return -torch.log(torch.sigmoid(self.beta * (policy_chosen_logps - policy_rejected_logps)))
            """;
        var (asWritten, stable) = (LossCode.Parse(Text).GetLoss(), LossCode.Parse(Text, new LossCodeOptions { Stabilize = true }).GetLoss());
        Assert.Contains("read it with Stabilize", Assert.Throws<ArgumentException>(() => WeightedSumLoss.Of((1, new DpoLoss()), (1, asWritten))).Message, StringComparison.Ordinal);
        Assert.Equal(
            new DpoLoss().On(Pairs).Value + stable.On(Pairs).Value, WeightedSumLoss.Of((1, new DpoLoss()), (1, stable)).On(Pairs).Value, 1e-14);
        Assert.True(WeightedSumLoss.Of((2, asWritten)).Graph.IsVerbatim);
    }

    [Fact]
    public void Terms_of_unpaired_and_of_ranked_losses_can_be_added_too()
    {
        var examples = WeightedSumLoss.Of((1, new KtoLoss()), (0.5, new BcoLoss()));
        var batch = AnyBatch.Random(examples, 6, seed: 1);
        Assert.Equal(
            new KtoLoss().Evaluate(batch.Batch<double>()).Value + (0.5 * new BcoLoss().Evaluate(batch.Batch<double>()).Value),
            examples.Evaluate(batch.Batch<double>()).Value,
            1e-15);
        Assert.Equal(16, WeightedSumLoss.Of((1, new NcaLoss()), (1, new RrhfLoss())).Graph.MaximumResponses);
    }

    public static TheoryData<string, Modification, string> Equivalents => new()
    {
        { "dpo", Modification.LabelSmoothing, "cdpo" },
        { "dpo", Modification.LengthNormalization, "sigmoid-norm" },
        { "ipo", Modification.LengthNormalization, "ipo-averaged" },
        { "dpo", Modification.ForwardKl, "f-dpo-forward-kl" },
        { "dpo", Modification.JensenShannon, "f-dpo-js" },
        { "dpo", Modification.AlphaDivergence, "f-dpo-alpha" },
        { "odpo", Modification.ReferenceFree, "" },
    };

    [Theory]
    [MemberData(nameof(Equivalents))]
    public void A_modified_loss_is_the_loss_of_the_catalogue_that_was_written_that_way(string name, Modification modification, string known)
    {
        // Without a reference: the loss on a batch whose reference is 0.
        var expected = known.Length > 0
            ? Evaluating.Loss(known).On(Pairs)
            : Evaluating.Loss(name).On(Pairs.Map(_ => 0, Columns.ReferenceChosen, Columns.ReferenceRejected));
        var actual = Evaluating.Loss(name).With(modification).On(Pairs);
        for (var i = 0; i < Pairs.Rows; i++)
        {
            Assert.Equal(expected.Losses[i], actual.Losses[i], 1e-14 * (1 + Math.Abs(expected.Losses[i])));
            Assert.Equal(expected.Gradient(Columns.PolicyRejected)[i], actual.Gradient(Columns.PolicyRejected)[i], 1e-14);
        }
    }

    [Fact]
    public void Smoothing_is_the_loss_with_exchanged_completions_at_the_share()
    {
        var smoothed = new SlicLoss().WithLabelSmoothing(0.25).Values(Pairs);
        var (kept, exchanged) = (new SlicLoss().Values(Pairs), new SlicLoss().Values(Pairs.Swapped()));
        Support.Same.Within([.. kept.Zip(exchanged, (a, b) => (0.75 * a) + (0.25 * b))], smoothed, 1e-14, "losses");
    }

    [Fact]
    public void Pair_weights_multiply_the_losses_and_have_no_gradient()
    {
        double[] chosen = [0.5, 2], rejected = [0.25, 1];
        var batch = new PreferenceBatch<double>
        {
            PolicyChosen = [-1.0, -2], PolicyRejected = [-3.0, -1], ReferenceChosen = [-2.0, -2], ReferenceRejected = [-2.0, -2],
            Other = new Dictionary<string, ReadOnlyMemory<double>> { [Columns.ChosenWeight] = chosen, [Columns.RejectedWeight] = rejected },
        };
        var (plain, weighted) = (new DpoLoss().Evaluate(batch), new DpoLoss().With(Modification.PairWeights).Evaluate(batch));
        Assert.Equal([plain.Losses[0] / 8, plain.Losses[1] * 2], weighted.Losses.ToArray());
        Assert.Equal(plain.Gradient(Columns.PolicyChosen)[0] / 8, weighted.Gradient(Columns.PolicyChosen)[0], 1e-17);
        Assert.DoesNotContain(Columns.ChosenWeight, weighted.GradientColumns);
    }

    [Theory]
    [InlineData("apo-zero", Modification.ForwardKl, "not a function of the log-ratio difference ρ alone (it reads 'policy_chosen'), so that the normaliser")]
    [InlineData("sppo-hard", Modification.AlphaDivergence, "normaliser")]
    [InlineData("pfl", Modification.JensenShannon, "normaliser")]
    [InlineData("simpo", Modification.LengthNormalization, "it reads lengths already")]
    [InlineData("r-dpo", Modification.LabelSmoothing, "it reads 'chosen_length'")]
    [InlineData("odpo", Modification.LabelSmoothing, "it reads 'margin'")]
    [InlineData("dbaql", Modification.LabelSmoothing, "statistics of the batch")]
    [InlineData("kto-pair", Modification.LabelSmoothing, "two losses per pair")]
    [InlineData("cdpo", Modification.LabelSmoothing, "it has the parameter 'label_smoothing' already")]
    [InlineData("aot", Modification.PairWeights, "compares responses of different rows")]
    [InlineData("cpo", Modification.ReferenceFree, "it reads no reference")]
    [InlineData("kto", Modification.ForwardKl, "no loss of pairs")]
    [InlineData("kto", Modification.PairWeights, "no loss of pairs")]
    [InlineData("kto", Modification.ReferenceFree, "no loss of pairs")]
    [InlineData("nca", Modification.PairWeights, "no loss of pairs")]
    [InlineData("bco-pair", Modification.ReferenceFree, "holds each response against the reference")]
    [InlineData("sppo-hard", Modification.ReferenceFree, "holds each response against the reference")]
    [InlineData("dpop", Modification.ReferenceFree, "holds each response against the reference")]
    [InlineData("aot-unpaired", Modification.ReferenceFree, "holds each response against the reference")]
    public void What_makes_no_sense_is_refused_when_the_loss_is_made(string name, Modification modification, string reason)
    {
        var refused = Assert.Throws<ArgumentException>(() => Evaluating.Loss(name).With(modification));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_done_already_is_not_done_twice_even_within_a_sum()
    {
        var smoothed = WeightedSumLoss.Of((1, Evaluating.Loss("cdpo")));
        Assert.Contains("label_smoothing", Assert.Throws<ArgumentException>(() => smoothed.With(Modification.LabelSmoothing)).Message, StringComparison.Ordinal);
        var weighted = new DpoLoss().With(Modification.PairWeights);
        Assert.Contains("already", Assert.Throws<ArgumentException>(() => weighted.With(Modification.PairWeights)).Message, StringComparison.Ordinal);
        var free = new DpoLoss().With(Modification.ReferenceFree);
        Assert.Contains("no reference", Assert.Throws<ArgumentException>(() => free.With(Modification.ForwardKl)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_loss_with_every_modification_is_refused_or_can_be_evaluated()
    {
        var accepted = 0;
        foreach (var loss in LossCatalog.BuiltIn.Entries.Select(e => e.Loss))
        {
            foreach (var modification in Enum.GetValues<Modification>())
            {
                ModifiedLoss modified;
                try
                {
                    modified = loss.With(modification);
                }
                catch (ArgumentException)
                {
                    continue;
                }

                accepted++;
                Assert.True(LossFingerprint.Of(modified).IsSameFunctionAs(LossFingerprint.Of(modified)), modified.Name);
            }
        }

        Assert.InRange(accepted, 100, 400);
    }

    [Fact]
    public void A_sum_rewards_what_its_first_term_with_a_reference_does()
    {
        var pairs = new PairColumns([-10], [-5], [-12], [-5]);
        var batch = PreferenceBatch.FromColumns(new Dictionary<string, double[]>
        {
            [Columns.PolicyChosen] = pairs.PolicyChosen, [Columns.PolicyRejected] = pairs.PolicyRejected, [Columns.ReferenceChosen] = pairs.ReferenceChosen,
            [Columns.ReferenceRejected] = pairs.ReferenceRejected, [Columns.ChosenLength] = [4],
        });
        var sum = WeightedSumLoss.Of((1, new NllLoss()), (1, new DpoLoss { Beta = 0.5 }));
        Assert.Equal(1, sum.Evaluate(batch).Rewards!.Margins[0]);
    }

    [Fact]
    public void One_divergence_excludes_another_and_length_normalisation()
    {
        var modified = new DpoLoss().With(Modification.ForwardKl);
        Assert.Contains("no longer the difference of two log-ratios", Assert.Throws<ArgumentException>(() => modified.With(Modification.JensenShannon)).Message, StringComparison.Ordinal);
        Assert.Contains("no longer", Assert.Throws<ArgumentException>(() => modified.With(Modification.LengthNormalization)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_modified_loss_has_the_parameters_of_both_and_is_a_value()
    {
        var modified = new DpoLoss { Beta = 0.5 }.WithLabelSmoothing(0.3);
        Assert.Equal("dpo+label-smoothing (beta = 0.5, label_smoothing = 0.3)", modified.ToString());
        Assert.Equal(modified, new DpoLoss().WithLabelSmoothing(0.1).With("beta", 0.5).With("label_smoothing", 0.3));
        Assert.Equal(0.5, Assert.IsType<DpoLoss>(((ModifiedLoss)modified).Inner).Beta);
        Assert.Equal(new CdpoLoss { Beta = 0.5, LabelSmoothing = 0.3 }.On(Pairs).Value, modified.On(Pairs).Value, 1e-15);
    }

    [Fact]
    public void Compositions_read_back_from_Json_the_same() => Assert.All(Compositions, loss =>
    {
        var read = LossJson.Deserialize(LossJson.Serialize(loss));
        Assert.Equal(loss, read);
        Assert.Equal(loss.GetHashCode(), read.GetHashCode());
        var batch = AnyBatch.Random(loss, 5, seed: 3);
        foreach (var column in loss.Graph.Inputs.Where(i => i.Name is Columns.ChosenWeight or Columns.RejectedWeight))
        {
            Assert.Contains(column.Name!, batch.Columns.Keys);
        }

        Assert.Equal(Paired(loss, batch), Paired(read, batch));
    });

    [Fact]
    public void The_text_is_what_the_documentation_says()
    {
        const string Mpo =
            """{"sum":[{"weight":0.8,"loss":{"loss":"dpo","parameters":{"beta":0.1}}},{"weight":1,"loss":{"loss":"sft","parameters":{}}}]}""";
        Assert.Equal(Mpo, LossJson.Serialize(WeightedSumLoss.Of((0.8, new DpoLoss()), (1, new SftLoss()))));
        const string Smoothed =
            """{"modify":"label-smoothing","loss":{"loss":"slic","parameters":{"beta":0.1}},"parameters":{"label_smoothing":0.25}}""";
        Assert.Equal(Smoothed, LossJson.Serialize(new SlicLoss().WithLabelSmoothing(0.25)));
    }

    [Theory]
    [InlineData("""{"sum":[]}""", "at least one term")]
    [InlineData("""{"sum":3}""", "'sum' is an array")]
    [InlineData("""{"sum":[{"loss":{"loss":"dpo"}}]}""", "'weight' is missing")]
    [InlineData("""{"sum":[{"weight":"1","loss":{"loss":"dpo"}}]}""", "'weight' has to be a number")]
    [InlineData("""{"sum":[{"weight":1,"loss":{"loss":"dop"}}]}""", "no loss 'dop'; the nearest names are dpo")]
    [InlineData("""{"sum":[{"weight":1,"loss":{"loss":"dpo"}}],"loss":"dpo"}""", "'loss' is not accepted")]
    [InlineData("""{"modify":"smoothing","loss":{"loss":"dpo"}}""", "'modify' is \"smoothing\"; accepted are label-smoothing, length-normalization")]
    [InlineData("""{"modify":"forward-kl","loss":{"loss":"apo-zero"}}""", "normaliser")]
    [InlineData("""{"modify":"forward-kl","loss":{"loss":"dpo"},"parameters":{"beta":1}}""", "'parameters' of 'forward-kl' is an object with nothing in it")]
    [InlineData("""{"modify":"label-smoothing","loss":{"loss":"dpo"},"parameters":{"label_smoothing":0.5}}""", "less than 0.5")]
    [InlineData("""{"modify":"label-smoothing"}""", "'loss' is missing")]
    public void What_is_wrong_with_a_composition_is_said(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<JsonException>(() => LossJson.Deserialize(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_extrapolated_reference_is_two_lines()
    {
        // Accelerated preference optimization (He et al. 2024, arXiv 2410.06293): the next policy is π̂·(π̂/π)^α, and for a loss of ρ the
        // reference of the next round is (1 + α) log π̂ − α log π, up to a constant that cancels.
        double[] current = [-10, -12], previous = [-11, -11.5];
        const double α = 0.5;
        var reference = new double[current.Length];
        for (var i = 0; i < reference.Length; i++) { reference[i] = ((1 + α) * current[i]) - (α * previous[i]); }

        Assert.Equal([-9.5, -12.25], reference);
        var pair = new PairColumns([-9], [-13], [reference[0]], [reference[1]]);
        Assert.Equal(Math.Log(1 + Math.Exp(-0.1 * (0.5 + 0.75))), new DpoLoss().On(pair).Value, 1e-15);
    }

    [Fact]
    public void Length_desensitisation_counts_what_is_beyond_the_shorter_completion_by_a_share()
    {
        Assert.Equal(-1 - 2 - (0.5 * (4 + 8)), LengthDesensitization.Sum<double>([-1, -2, -4, -8], publicLength: 2, share: 0.5));
        var gradient = new float[4];
        LengthDesensitization.Backward(3f, publicLength: 2, share: 0.5, gradient);
        Assert.Equal([3f, 3f, 1.5f, 1.5f], gradient);
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthDesensitization.Sum<double>([-1], publicLength: 2, share: 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthDesensitization.Sum<double>([-1], publicLength: 1, share: 1.5));
    }

    /// <summary>The value on a batch of pairs, whatever the type of the loss.</summary>
    private static double Paired(PreferenceLoss loss, FormulaBatch others)
    {
        FormulaBatch batch = PairColumns.Random(others.Rows, seed: 3);
        foreach (var name in loss.Graph.Inputs.Select(input => input.Name!).Where(name => !batch.Columns.ContainsKey(name)))
        {
            batch.Columns[name] = others.Columns[name];
        }

        return loss.Evaluate(batch.Batch<double>()).Value;
    }
}
