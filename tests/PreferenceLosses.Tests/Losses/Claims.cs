using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Losses;

/// <summary>What two columns a loss does not notice a common shift of.</summary>
[Flags]
public enum Shifts
{
    /// <summary>Log-probabilities of the chosen completion, of both models: the loss sees their log-ratio only.</summary>
    Chosen = 1,

    /// <summary>Those of the rejected completion.</summary>
    Rejected = 2,

    /// <summary>The policy's, of both completions: the loss sees their margin only.</summary>
    Policy = 4,

    /// <summary>The reference's.</summary>
    Reference = 8,

    /// <summary>A function of the two log-ratios.</summary>
    LogRatios = Chosen | Rejected,

    /// <summary>A function of the two margins.</summary>
    Margins = Policy | Reference,

    /// <summary>A function of the log-ratio difference ρ alone.</summary>
    Difference = LogRatios | Margins,
}

/// <summary>
/// The shape of a loss of pairs at its defaults; lengths, scores and scalars are the same for all pairs. Null: nothing is claimed.
/// </summary>
/// <param name="Name">The catalogue name.</param>
/// <param name="Ignores">The shifts that it does not notice.</param>
/// <param name="Pointwise">Whether the loss of a row is that of the row alone.</param>
/// <param name="Falls">Whether it never rises as log π(chosen) of the row rises.</param>
/// <param name="Convex">Whether it is convex in the policy's two log-probabilities, jointly.</param>
/// <param name="Degree">
/// The d for which ℓ is s^(−d) times as large when β is s times as large and all log-probabilities are 1/s times as large: 0 for
/// a function of βρ. Null: there is none.
/// </param>
public sealed record Claims(string Name, Shifts Ignores, bool Pointwise, bool? Falls, bool? Convex, int? Degree)
{
    /// <summary>The claims for every loss of pairs in the catalogue.</summary>
    public static IReadOnlyList<Claims> All { get; } =
    [
        //                                               ignores           pointwise falls  convex degree
        new("dpo",                                       Shifts.Difference, true,  true,  true,  0),
        new("slic",                                      Shifts.Difference, true,  true,  true,  0),
        new("ipo",                                       Shifts.Difference, true,  false, true,  2),
        new("exponential",                               Shifts.Difference, true,  true,  true,  0),
        new("kto-pair",                                  Shifts.LogRatios,  false, null,  false, 0),
        new("ipo-averaged",                                Shifts.LogRatios,  true, false, true,  2),
        new("cdpo",                                        Shifts.Difference, true, false, true,  0),
        new("robust",                                      Shifts.Difference, true, true,  true,  0),
        new("sigmoid-norm",                                Shifts.LogRatios,  true, true,  true,  0),
        new("exo-pair",                                    Shifts.Difference, true, null,  false, 0),
        new("nca-pair",                                    Shifts.LogRatios,  true, false, true,  0),
        new("bco-pair",                                    Shifts.LogRatios,  true, true,  true,  0),
        new("bco-pair-shifted",                            Shifts.LogRatios,  true, true,  true,  0),
        new("sppo-hard",                                   Shifts.LogRatios,  true, false, true,  2),
        new("sppo",                                        Shifts.LogRatios,  true, false, true,  2),
        new("aot",                                         Shifts.Margins,    false, null,  null,  0),
        new("aot-unpaired",                                Shifts.LogRatios,  false, null,  null,  0),
        new("apo-zero",                                    Shifts.LogRatios,  true, true,  false, 0),
        new("apo-down",                                    Shifts.LogRatios,  true, null,  null,  0),
        new("odpo",                                        Shifts.Difference, true, true,  true,  0),
        new("r-dpo",                                       Shifts.Difference, true, true,  true,  0),
        new("dpop",                                        Shifts.LogRatios,  true, true,  true,  0),
        new("dpo-shift",                                   Shifts.LogRatios,  true, true,  true,  0),
        new("cal-dpo",                                     Shifts.LogRatios,  true, false, true,  null),
        new("chi-po",                                      Shifts.LogRatios,  true, true,  false, null),
        new("aipo",                                        Shifts.Reference,  true, true,  true,  null),
        new("beta-dpo",                                    Shifts.Difference, false, null,  null,  null),
        new("alpha-dpo",                                   0,                 true, true,  true,  null),
        new("tdpo1",                                       Shifts.Difference, true, true,  true,  null),
        new("tdpo2",                                       Shifts.Difference, true, true,  true,  null),
        new("gpo-squared",                                 Shifts.Difference, true, false, true,  0),
        new("gpo-truncated-quadratic",                     Shifts.Difference, true, true,  true,  0),
        new("gpo-savage",                                  Shifts.Difference, true, true,  false, 0),
        new("f-dpo-forward-kl",                            Shifts.LogRatios,  true, true,  null,  null),
        new("f-dpo-js",                                    Shifts.LogRatios,  true, true,  null,  null),
        new("f-dpo-alpha",                                 Shifts.LogRatios,  true, true,  null,  null),
        new("cpo",                                         Shifts.Reference,  true, true,  true,  null),
        new("simpo",                                       Shifts.Reference,  true, true,  true,  0),
        new("alphapo",                                     Shifts.Reference,  true, true,  null,  null),
        new("orpo",                                        Shifts.Reference,  true, true,  null,  null),
        new("slic-hf",                                     Shifts.Reference,  true, true,  true,  null),
        new("tpo",                                         Shifts.Margins,    false, true,  true,  0),
        new("tpo-l",                                       Shifts.Reference,  false, true,  true,  0),
        new("nll",                                         Shifts.Rejected | Shifts.Reference, true, true,  true,  null),
        new("sft",                                         Shifts.Rejected | Shifts.Reference, false, true,  true,  null),
        new("discopop",                                  Shifts.Difference, true,  false, false, 0),
        new("discopop-generated",                        Shifts.Difference, true,  false, false, null),
        new("dbaql",                                     Shifts.Difference, false, null,  null,  0),
        new("dbaql-generated",                           Shifts.Difference, false, null,  null,  null),
        new("aql",                                       Shifts.Difference, false, false, false, 0),
        new("aql-generated",                             Shifts.Difference, false, null,  false, null),
        new("aql-printed",                               Shifts.Difference, false, null,  false, null),
        new("aqfl",                                      Shifts.Difference, false, null,  null,  0),
        new("aqfl-generated",                            Shifts.Difference, false, null,  null,  null),
        new("aqfl-printed",                              Shifts.Difference, false, null,  null,  0),
        new("padll",                                     Shifts.Difference, true,  false, false, 0),
        new("cell",                                      Shifts.Difference, true,  true,  true,  0),
        new("pfl",                                       Shifts.Margins,    true,  false, false, 0),
        new("pfl-generated",                             Shifts.Margins,    true,  false, false, null),
        new("logistic-margin",                           Shifts.Difference, true,  true,  true,  null),
        new("adaptive-margin-logistic",                  Shifts.Margins,    true,  true,  true,  0),
        new("combined-logistic-hinge",                   Shifts.Difference, true,  true,  true,  0),
        new("scaled-combined-logistic-hinge",            Shifts.Difference, true,  true,  true,  0),
        new("annealed-combined-logistic-hinge",          Shifts.Difference, true,  false, false, null),
        new("squared-logistic",                          Shifts.Difference, true,  true,  true,  0),
        new("focal-logistic",                            Shifts.Difference, true,  true,  false, null),
        new("temperature-scaled-logistic",               Shifts.Difference, true,  true,  true,  0),
        new("corrected-label-smoothed-logistic",         Shifts.Difference, true,  false, true,  0),
        new("decaying-weights-logistic",                 Shifts.Difference, false, true,  true,  0),
        new("hybrid-performance-margin-decay-logistic",  Shifts.Difference, true,  false, false, null),
        new("corrected-reinforced-margin-logistic",      Shifts.LogRatios,  true,  true,  true,  null),
        new("certainty-scaled-logistic",                 0,                 true,  false, false, 1),
    ];

    /// <summary>The names of the losses that meet a condition.</summary>
    public static TheoryData<string> Where(Func<Claims, bool> condition) => [.. All.Where(condition).Select(claims => claims.Name)];

    /// <summary>The claims for one loss.</summary>
    public static Claims Of(string name) => All.Single(claims => claims.Name == name);

    /// <summary>The columns that shift together.</summary>
    internal static string[] ColumnsOf(Shifts shift) => shift switch
    {
        Shifts.Chosen => [Columns.PolicyChosen, Columns.ReferenceChosen],
        Shifts.Rejected => [Columns.PolicyRejected, Columns.ReferenceRejected],
        Shifts.Policy => [Columns.PolicyChosen, Columns.PolicyRejected],
        Shifts.Reference => [Columns.ReferenceChosen, Columns.ReferenceRejected],
        _ => throw new ArgumentOutOfRangeException(nameof(shift)),
    };
}

/// <summary>No loss escapes the table.</summary>
public sealed class ClaimsTests
{
    [Fact]
    public void Every_loss_of_pairs_in_the_catalogue_has_its_claims_once() =>
        Assert.Equal(LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss is PairLoss).Select(entry => entry.Name).Order(), Claims.All.Select(claims => claims.Name).Order());

    [Fact]
    public void What_the_graph_says_of_coupling_is_what_is_claimed() =>
        Assert.All(Claims.All, claims => Assert.Equal(!claims.Pointwise, LossCatalog.BuiltIn.Find(claims.Name).Loss.Graph.IsBatchCoupled));
}
