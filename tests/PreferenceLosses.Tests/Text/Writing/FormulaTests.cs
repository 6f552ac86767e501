using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>Losses and their derivatives as plain text.</summary>
public class FormulaTests
{
    private const string LogRatios = """
          ρ = c_w − c_l
          c_w = policy_chosen − reference_chosen
          c_l = policy_rejected − reference_rejected


        """;

    private const string OtherDerivatives = """
        ∂ℓ/∂policy_rejected = −∂ℓ/∂policy_chosen
        ∂ℓ/∂reference_chosen = −∂ℓ/∂policy_chosen
        ∂ℓ/∂reference_rejected = ∂ℓ/∂policy_chosen

        """;

    [Fact]
    public void Dpo() => AssertText(
        "ℓ = softplus(−x)\n  x = β ρ\n" + LogRatios + "∂ℓ/∂policy_chosen = −β σ(−x)\n" + OtherDerivatives, new DpoLoss());

    [Fact]
    public void Slic() => AssertText(
        "ℓ = max(0, 1 − x)\n  x = β ρ\n" + LogRatios + "∂ℓ/∂policy_chosen = −β [1 − x > 0]\n" + OtherDerivatives, new SlicLoss());

    [Fact]
    public void Ipo() => AssertText(
        "ℓ = (ρ − 1/(2 β))²\n" + LogRatios + "∂ℓ/∂policy_chosen = 2 (ρ − 1/(2 β))\n" + OtherDerivatives, new IpoLoss());

    [Fact]
    public void DiscoPop() => AssertText(
        "ℓ = σ(−x/τ) softplus(−x) + e^(ln σ(x/τ) − x)\n  x = β ρ\n" + LogRatios
        + "∂ℓ/∂policy_chosen = β (−e^(ln σ(x/τ) − x) − σ(−x/τ) σ(−x) + (e^(ln σ(x/τ) − x) σ(−x/τ) − softplus(−x) σ(−x/τ) σ(x/τ))/τ)\n" + OtherDerivatives,
        new DiscoPopLoss());

    [Fact]
    public void KtoPair_whose_rows_are_coupled_has_the_derivatives_of_the_sum() => AssertText(
        """
        ℓ_chosen = σ(−β (c_w − k_l))
        ℓ_rejected = σ(−β (k_w − c_l))
          k_l = max(mean(c_l), 0)
          k_w = max(mean(c_w), 0)
          c_w = policy_chosen − reference_chosen
          c_l = policy_rejected − reference_rejected

        ∂Σ(ℓ_chosen + ℓ_rejected)/∂policy_chosen = −Σ(t1) [0 ≤ mean(c_w)]/N − t2
        ∂Σ(ℓ_chosen + ℓ_rejected)/∂policy_rejected = t1 + Σ(t2) [0 ≤ mean(c_l)]/N
        ∂Σ(ℓ_chosen + ℓ_rejected)/∂reference_chosen = −∂Σ(ℓ_chosen + ℓ_rejected)/∂policy_chosen
        ∂Σ(ℓ_chosen + ℓ_rejected)/∂reference_rejected = −∂Σ(ℓ_chosen + ℓ_rejected)/∂policy_rejected
          t1 = β σ(−β (k_w − c_l)) σ(β (k_w − c_l))
          t2 = β σ(−β (c_w − k_l)) σ(β (c_w − k_l))

        """,
        new KtoPairLoss());

    [Fact]
    public void Pfl_is_a_choice_and_its_derivative_one_of_indicators() => AssertText(
        "ℓ = 0.5 softplus(−x) if policy_chosen > policy_rejected else 2 max(0, 1 − x)\n  x = β ρ\n" + LogRatios
        + "∂ℓ/∂policy_chosen = β (−2 [policy_chosen ≤ policy_rejected] [1 − x > 0] − 0.5 [policy_chosen > policy_rejected] σ(−x))\n" + OtherDerivatives,
        new PflLoss());

    [Theory]
    [MemberData(nameof(ExportedLosses.Names), MemberType = typeof(ExportedLosses))]
    public void Every_loss_has_a_formula_and_a_derivative_by_each_column(string name)
    {
        var loss = ExportedLosses.ByName[name];
        var lines = loss.ToFormula().Split('\n');
        Assert.All(loss.Graph.Inputs.Where(input => input.IsDifferentiable), input => Assert.Single(lines, line => line.Contains($"/∂{input.Name} = ", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.Equal(line.Count(c => c == '('), line.Count(c => c == ')')));
        Assert.Equal(lines, loss.ToFormula().Split('\n'));
    }

    [Fact]
    public void Deep_and_shared_formulas_are_written_in_text_of_their_size()
    {
        Assert.InRange(ExportedLosses.Nested(20_000).ToFormula().Length, 100_000, 20_000_000);
        Assert.InRange(ExportedLosses.Doubling.ToFormula().Length, 1_000, 100_000);
    }

    private static void AssertText(string expected, PreferenceLoss loss) => Assert.Equal(expected.ReplaceLineEndings("\n"), loss.ToFormula());
}
