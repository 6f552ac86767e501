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
        ["cdpo"] = [0.632343773, 0.713459648, 0.6931471806, 0.3250833198],
        ["robust"] = [0.596343773, 0.724709648, 0.6931471806, -0.1699166802],
        ["ipo-averaged"] = [23.571025, 25.22271605, 25, 22.20765625],
        ["sigmoid-norm"] = [0.6859234616, 0.694258909, 0.6931471806, 0.6788754973],
        ["exo-pair"] = [2.488738179, 2.847859564, 2.761230709, 0.3654182719],
        ["nca-pair"] = [1.347719003, 1.400824814, 1.386294361, 1.046011684],
        ["bco-pair"] = [1.307918895, 1.412856308, 1.386294361, 0.6659928629],
        ["sppo-hard"] = [35.3, 56.25, 50, 170],
        ["apo-zero"] = [0.9600223175, 1.012481791, 1, 0.5431634048],
        ["apo-down"] = [0.9775779731, 0.987518209, 1, 0.6984381492],
        ["aot"] = [0.6420246729, 0.718459648, 0.6660252579, 0.1050833198],
        ["aot-unpaired"] = [0.6349461016, 0.1677860294, 0.649159339, 0.5130152524],
        ["f-dpo-js"] = [0.6521262702, 0.7102502167, 0.6931471806, 0.1532352696],
        ["simpo"] = [0.9391833039, 0.8104184715, 0.9130152524, 0.8981232641],
        ["cpo"] = [0.5629153336, 0.7709570478, 0.6094704307, 0.04858735157],
        ["alphapo"] = [0.694810161, 0.4807095006, 0.6535908987, 0.6289799],
        ["dpop"] = [0.616343773, 1.005492481, 0.6931471806, 0.1050833198],
        ["dpo-shift"] = [0.6267586025, 0.7248853824, 0.6931471806, 0.1602241504],
        ["aipo"] = [0.6936303692, 0.8133471672, 0.7884002842, 0.201523812],
        ["r-dpo"] = [0.6255951823, 0.7082596763, 0.6981596805, 0.1222430403],
        ["f-dpo-alpha"] = [0.6105093774, 0.7302816339, 0.6931471806, 0],
        ["f-dpo-forward-kl"] = [0.5998053748, 0.7480544771, 0.6931471806, 0],
        ["kto-pair"] = [0.4825071423, 0.5249791875, 0.5, 0.4013123399, 0.4545012128, 0.464435162, 0.4768914745, 0.1309596837],
    };

    /// <summary>What differs from the defaults, beside β.</summary>
    private static readonly Dictionary<string, (string Parameter, double Value)[]> Settings = new()
    {
        ["simpo"] = [("beta", 2)], ["cpo"] = [("alpha", 0)], ["alphapo"] = [("beta", 2.5)], ["dpop"] = [("lambda", 5)], ["aipo"] = [("gamma", 0.1)],
    };

    public static TheoryData<string> Names => [.. Known.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Losses_of_the_four_pairs(string name)
    {
        var loss = Settings.GetValueOrDefault(name, [])
            .Aggregate(Evaluating.Loss(name, beta: 0.1, tau: 0.05), (changed, setting) => changed.With(setting.Parameter, setting.Value));
        var losses = loss.Evaluate(WithLengths()).Losses.ToArray();
        Assert.Equal(Known[name].Length, losses.Length);
        for (var i = 0; i < losses.Length; i++)
        {
            // A 0 stands for a number below what was printed.
            Assert.Equal(Known[name][i], losses[i], Known[name][i] == 0 ? 1e-12 : TenDigits * Math.Abs(Known[name][i]));
        }
    }

    [Fact]
    public void The_odds_ratio_term_of_Orpo()
    {
        double[] known = [0.6734426735, 0.616812209, 0.6612548281, 0.654696106];
        var (with, without) = (new OrpoLoss { Lambda = 1 }.Evaluate(WithLengths()), new NllLoss().Evaluate(WithLengths()));
        for (var i = 0; i < known.Length; i++)
        {
            Same.Relative(known[i], with.Losses[i] - without.Losses[i], TenDigits);
        }
    }

    [Fact]
    public void Plackett_and_Luce_on_four_rewards()
    {
        double[] rewards = [1.0, 0.2, -0.3, -1.1];
        var loss = new PlackettLuceLoss { Beta = 1 }.Evaluate(
            new PreferenceBatch<double> { Policy = rewards, Reference = new double[4], ResponsesPerRow = 4 });
        Same.Relative(1.613982743, loss.Value, TenDigits);
    }

    private static PreferenceBatch<double> WithLengths() => new()
    {
        PolicyChosen = Pairs.PolicyChosen, PolicyRejected = Pairs.PolicyRejected,
        ReferenceChosen = Pairs.ReferenceChosen, ReferenceRejected = Pairs.ReferenceRejected,
        ChosenLength = new double[] { 10, 20, 5, 64 }, RejectedLength = new double[] { 12, 18, 6, 80 },
    };

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
    public void What_is_not_here_has_only_the_oracle_that_was_written_from_its_paper() => Assert.Equal(
        [
            "alpha-dpo", "aqfl-printed", "bco-pair-shifted", "beta-dpo", "cal-dpo", "chi-po", "exponential",
            "gpo-savage", "gpo-squared", "gpo-truncated-quadratic", "nll", "odpo", "orpo", "sft", "slic-hf", "sppo", "tdpo1", "tdpo2", "tpo", "tpo-l",
        ],
        LossCatalog.BuiltIn.Entries.Where(entry => !entry.IsCandidate && entry.Loss is PairLoss).Select(entry => entry.Name).Except(Known.Keys).Order());
}
