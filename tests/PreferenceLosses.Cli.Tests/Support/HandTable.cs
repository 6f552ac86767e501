using System.Text.Json;

namespace PreferenceLosses.Cli.Tests.Support;

/// <summary>
/// Four pairs and what losses are on them at β = 0.1, τ = 0.05, computed in double precision by plain formulas that share no
/// code with this library. ρ is 1.6, −0.5, 0 and 22; the policy is the reference in the third pair.
/// </summary>
internal static class HandTable
{
    public const string Input =
        """
        {"policy_chosen":[-12.3,-40,-7.25,-100],"policy_rejected":[-15.1,-38.5,-9,-130],
         "reference_chosen":[-13.0,-39,-7.25,-104],"reference_rejected":[-14.2,-38,-9,-112]}
        """;

    public static string InputOnOneLine { get; } = Input.ReplaceLineEndings("");

    /// <summary>Names with the losses of the four pairs; two after each other for KTO-pair.</summary>
    public static TheoryData<string, double[]> Losses { get; } = new()
    {
        { "dpo", [0.616343773, 0.718459648, 0.6931471806, 0.1050833198] },
        { "slic", [0.84, 1.05, 1, 0] },
        { "ipo", [11.56, 30.25, 25, 289] },
        { "discopop", [0.8429085109, 0.807966432, 0.8465735903, 0.1108031584] },
        { "discopop-generated", [0.8125337215, 0.8441095048, 0.8465735903, 0.1108031584] },
        { "cell", [0.734243781, 0.8848653722, 0.8465735903, 0.1079432391] },
        { "padll", [0.5547093957, 0.3233068416, 0.6238324625, 0.09457498779] },
        { "pfl-generated", [0.09195037044, 3, 0.3465735903, 1.394734046e-10] },
        { "pfl", [0.3081718865, 2.1, 0.3465735903, 0.05254165988] },
        { "dbaql-generated", [0.6082037174, 0.7213107112, 0.6931471806, 0.08321397801] },
        { "aql-generated", [0.734288538, 0.8759071327, 0.8427006338, 0.01096835167] },
        { "aql", [0.8258494865, 0.7786942273, 0.8086362698, 1.354862593e-20] },
        { "aql-printed", [0.7431676149, 0.8718052829, 0.8427247419, 0.001339249586] },
        { "aqfl-generated", [0.7182660165, 0.8524975805, 0.820916331, 0.09095730376] },
        { "aqfl", [0.7093495298, 0.8241135186, 0.7977134521, 0.1026454014] },
        { "kto-pair", [0.4825071423, 0.5249791875, 0.5, 0.4013123399, 0.4545012128, 0.464435162, 0.4768914745, 0.1309596837] },
    };

    /// <summary>Names with the derivatives of each pair's loss with respect to ρ.</summary>
    public static TheoryData<string, double[]> Derivatives { get; } = new()
    {
        { "dpo", [-0.04600851154, -0.05124973965, -0.05, -0.009975048912] },
        { "discopop", [-0.06593170933, 0.06512980842, 0.07842640972, -0.01108031584] },
    };

    /// <summary>A property that is an array of numbers.</summary>
    public static double[] Numbers(this JsonElement answer, params string[] path) =>
        [.. path.Aggregate(answer, (element, key) => element.GetProperty(key)).EnumerateArray().Select(number => number.GetDouble())];

    /// <summary>Checks numbers against expected ones, to the digits that the table prints.</summary>
    public static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance = 2e-9)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(
            Math.Abs(pair.Second - pair.First), 0, tolerance * Math.Abs(pair.First)));
    }
}
