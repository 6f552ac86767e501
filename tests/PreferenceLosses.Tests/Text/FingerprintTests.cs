using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text;

/// <summary>Fingerprints tell functions apart, however they are written.</summary>
public class FingerprintTests
{
    public static TheoryData<string> TextsOfTheCatalogue =>
        [.. TextGoldens.Texts.Keys.Where(name => LossCatalog.BuiltIn.Entries.Any(e => e.Name == name && e.Loss is PairLoss))];

    [Theory]
    [MemberData(nameof(TextsOfTheCatalogue))]
    public void A_published_text_is_the_loss_of_the_catalogue_that_has_its_name(string name) =>
        Assert.True(Read(name).IsSameFunctionAs(BuiltIn(name)));

    [Fact]
    public void Different_entries_of_the_catalogue_are_different_functions()
    {
        var fingerprints = LossCatalog.BuiltIn.Entries.Select(e => (e.Name, Fingerprint: LossFingerprint.Of(e.Loss))).ToList();
        var pairs = fingerprints.SelectMany((a, i) => fingerprints.Skip(i + 1).Select(b => (A: a, B: b)));
        Assert.Empty(pairs.Where(p => p.A.Fingerprint.IsSameFunctionAs(p.B.Fingerprint)).Select(p => $"{p.A.Name} = {p.B.Name}"));
    }

    [Fact]
    public void Generated_and_corrected_forms_that_agree_at_one_beta_are_told_apart()
    {
        // At β = τ = 0.05 they are one function, and the published score belongs to both.
        var generated = BuiltIn("discopop-generated");
        Assert.False(generated.IsSameFunctionAs(BuiltIn("discopop")));
        Assert.False(BuiltIn("dbaql-generated").IsSameFunctionAs(BuiltIn("dbaql")));
    }

    [Fact]
    public void The_bound_value_of_beta_does_not_matter_and_that_of_others_does()
    {
        Assert.True(LossFingerprint.Of(new DiscoPopLoss { Beta = 0.3 }).IsSameFunctionAs(BuiltIn("discopop")));
        Assert.False(LossFingerprint.Of(new DiscoPopLoss { Tau = 0.2 }).IsSameFunctionAs(BuiltIn("discopop")));
    }

    [Fact]
    public void Order_of_terms_and_names_do_not_matter()
    {
        var one = Read("combined-logistic-hinge");
        var other = LossFingerprint.Of(PairLossOf("return F.relu(1 - (lw - rw - ll + rl) * self.beta) + F.softplus((ll - rl - lw + rw) * self.beta)"));
        Assert.True(one.IsSameFunctionAs(other));
    }

    [Fact]
    public void A_scaled_and_shifted_loss_is_recognised_with_its_factor()
    {
        var doubled = LossFingerprint.Of(PairLossOf("return 3 - 2 * F.logsigmoid(self.beta * ((lw - ll) - (rw - rl)))"));
        Assert.False(doubled.IsSameFunctionAs(BuiltIn("dpo")));
        var (scale, offset) = BuiltIn("dpo").AffineRelationTo(doubled)!.Value;
        Assert.Equal(2, scale, 1e-9);
        Assert.Equal(3, offset, 1e-9);
        Assert.Equal(0.5, doubled.AffineRelationTo(BuiltIn("dpo"))!.Value.Scale, 1e-9);
    }

    [Fact]
    public void No_affine_relation_is_claimed_where_there_is_none()
    {
        Assert.Null(BuiltIn("dpo").AffineRelationTo(BuiltIn("slic")));
        Assert.Null(BuiltIn("dpo").AffineRelationTo(LossFingerprint.Of(PairLossOf("return lw * 0 + 1"))));
        Assert.Null(LossFingerprint.Of(PairLossOf("return lw * 0 + 1")).AffineRelationTo(BuiltIn("dpo")));
    }

    [Fact]
    public void A_loss_with_two_values_per_pair_differs_from_either_half()
    {
        var half = LossFingerprint.Of(PairLossOf("return 1 - torch.sigmoid(self.beta * ((lw - rw) - (ll - rl).mean().clamp(min=0)))"));
        Assert.False(half.IsSameFunctionAs(BuiltIn("kto-pair")));
        Assert.Null(half.AffineRelationTo(BuiltIn("kto-pair")));
    }

    private static LossFingerprint Read(string text) => LossFingerprint.Of(LossCode.Parse(TextGoldens.Texts[text]).GetLoss());

    private static LossFingerprint BuiltIn(string name) => LossFingerprint.Of(LossCatalog.BuiltIn.Find(name).Loss);

    private static CodeLoss PairLossOf(string body) => LossCode.Parse($"def f_loss(self, lw, ll, rw, rl):\n    {body}").GetLoss();
}
