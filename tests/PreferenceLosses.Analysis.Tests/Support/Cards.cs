using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Analysis.Tests.Support;

/// <summary>Cards, each made once, and losses as the catalogue has them.</summary>
internal static class Cards
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<PreferenceLoss, PropertyCard> Known = [];

    public static Parameter Beta { get; } = new("beta", "β", 0.1, Bounds.Positive);

    public static IReadOnlyList<string> All { get; } = [.. LossCatalog.BuiltIn.Entries.Select(entry => entry.Name)];

    /// <summary>A loss of the catalogue, at a β where it has one.</summary>
    public static PreferenceLoss Loss(string name, double? beta = null)
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        return beta is { } value && loss.Parameters.Any(p => p.Parameter.Name == "beta") ? loss.With("beta", value) : loss;
    }

    public static PropertyCard Of(string name, double? beta = null) => Of(Loss(name, beta));

    public static PropertyCard Of(PreferenceLoss loss) => Known.GetOrAdd(loss, PropertyCard.Of);

    /// <summary>The card of a formula over pairs, with β = 0.1.</summary>
    public static PropertyCard Of(Func<PairInputs, LossOutput> formula) => PropertyCard.Of(PairLoss.Define("defined", [Beta], formula));

    /// <summary>The card of a formula over pairs that has no β.</summary>
    public static PropertyCard WithoutBeta(Func<PairInputs, LossOutput> formula) => PropertyCard.Of(PairLoss.Define("defined", [], formula));

    public static SpecialPoint[] Points(this PropertyCard card, PointKind kind) => [.. card.Landscape.Points.Where(p => p.Kind == kind)];

    public static Tail Tail(this PropertyCard card, bool towardsPlus) => card.Tails.Tails.Single(t => t.TowardsPlus == towardsPlus);
}

/// <summary>A loss of formulas alone, of whatever rows.</summary>
internal sealed record BareLoss(LossGraph Graph, ParameterValues Parameters) : IPreferenceLoss
{
    public BareLoss(Expr formula, params Parameter[] parameters)
        : this(new LossGraph([formula], rewards: null), ParameterValues.DefaultsOf(parameters))
    {
    }

    public string Name => "formula";
}
