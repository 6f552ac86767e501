using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>
/// Ten-digit values that plain-Python formulas gave when the project was prepared, before there was any C#: β = 0.1, τ = 0.05,
/// ρ = 1.6, −0.5, 0 and 22.
/// </summary>
public sealed class ReferenceValueTests
{
    /// <summary>Half a unit of the tenth digit is at most 5e-10 of the number.</summary>
    private const double TenDigits = 1e-9;

    /// <summary>The third pair has policy = reference.</summary>
    private static readonly PairColumns Pairs = new(
        [-12.3, -40, -7.25, -100], [-15.1, -38.5, -9, -130], [-13.0, -39, -7.25, -104], [-14.2, -38, -9, -112]);

    private static readonly Dictionary<string, double[]> Known = new()
    {
        ["dpo"] = [0.616343773, 0.718459648, 0.6931471806, 0.1050833198],
        ["slic"] = [0.84, 1.05, 1.0, 0.0],
        ["ipo"] = [11.56, 30.25, 25.0, 289.0],
        ["discopop"] = [0.8429085109, 0.807966432, 0.8465735903, 0.1108031584],
        ["discopop-generated"] = [0.8125337215, 0.8441095048, 0.8465735903, 0.1108031584],
        ["cell"] = [0.734243781, 0.8848653722, 0.8465735903, 0.1079432391],
        ["padll"] = [0.5547093957, 0.3233068416, 0.6238324625, 0.09457498779],
        ["pfl-generated"] = [0.09195037044, 3.0, 0.3465735903, 1.394734046e-10],
        ["pfl"] = [0.3081718865, 2.1, 0.3465735903, 0.05254165988],
        ["dbaql-generated"] = [0.6082037174, 0.7213107112, 0.6931471806, 0.08321397801],
        ["dbaql"] = [0.6082037174, 0.7213107112, 0.6931471806, 0.08321397801],
        ["aql-generated"] = [0.734288538, 0.8759071327, 0.8427006338, 0.01096835167],
        ["aql"] = [0.8258494865, 0.7786942273, 0.8086362698, 1.354862593e-20],
        ["aql-printed"] = [0.7431676149, 0.8718052829, 0.8427247419, 0.001339249586],
        ["aqfl-generated"] = [0.7182660165, 0.8524975805, 0.820916331, 0.09095730376],
        ["aqfl"] = [0.7093495298, 0.8241135186, 0.7977134521, 0.1026454014],
        ["kto-pair"] = [0.4825071423, 0.5249791875, 0.5, 0.4013123399, 0.4545012128, 0.464435162, 0.4768914745, 0.1309596837],
    };

    public static TheoryData<string> Names => [.. Known.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Losses_of_the_four_pairs(string name)
    {
        var losses = Evaluating.Loss(name, beta: 0.1, tau: 0.05).Values(Pairs);
        Assert.Equal(Known[name].Length, losses.Length);
        for (var i = 0; i < losses.Length; i++)
        {
            Same.Relative(Known[name][i], losses[i], TenDigits, $"pair {i}");
        }
    }

    [Theory]
    [InlineData("dpo", -0.04600851154, -0.05124973965, -0.05, -0.009975048912)]
    [InlineData("discopop", -0.06593170933, 0.06512980842, 0.07842640972, -0.01108031584)]
    public void Slopes_of_the_four_pairs(string name, params double[] expected)
    {
        var gradient = Evaluating.Loss(name, beta: 0.1, tau: 0.05).Gradient(Pairs);
        for (var i = 0; i < expected.Length; i++)
        {
            Same.Relative(expected[i], gradient.PolicyChosen[i], TenDigits, "policy_chosen");
            Same.Relative(-expected[i], gradient.PolicyRejected[i], TenDigits, "policy_rejected");
            Same.Relative(-expected[i], gradient.ReferenceChosen[i], TenDigits, "reference_chosen");
            Same.Relative(expected[i], gradient.ReferenceRejected[i], TenDigits, "reference_rejected");
        }
    }

    [Theory]
    [InlineData("dbaql-generated", 0.8178246368, 0.85366286, 0.8038675861, 0.8391637496)]
    [InlineData("dbaql", 0.7966574045, 0.8312757688, 0.7831639785, 0.8172752799)]
    public void Dbaql_where_its_share_is_not_saturated(string name, params double[] expected)
    {
        // ρ = 0.3, −0.2, 0.5, 0: c = 0.5241478656 from the variance of ρ, 0.5954800103 from that of x/τ = 2ρ.
        var losses = Evaluating.Loss(name, beta: 0.1, tau: 0.05).Values(Evaluating.At(0.3, -0.2, 0.5, 0));
        for (var i = 0; i < losses.Length; i++)
        {
            Same.Relative(expected[i], losses[i], TenDigits, $"row {i}");
        }
    }

    [Fact]
    public void Every_loss_of_the_paper_is_covered_here_or_by_a_worked_example()
    {
        // The run log's candidates have no published digits; the exponential is one exponential.
        string[] without = ["exponential", "aqfl-printed"];
        Assert.Equal(
            LossCatalog.BuiltIn.Entries.Where(entry => !entry.IsCandidate).Select(entry => entry.Name).Except(without).Order(), Known.Keys.Order());
    }
}
