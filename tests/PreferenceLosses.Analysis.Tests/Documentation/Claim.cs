using System.Globalization;
using System.Text.RegularExpressions;
using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Analysis.Tests.Documentation;

/// <summary>A phrase that the documentation of a loss may use, and what the card has to say where it does.</summary>
/// <param name="Phrase">How CONTRIBUTING has it, with N for a number.</param>
/// <param name="Pattern">What matches it; the group n is the number.</param>
/// <param name="Check">Fails if the card says otherwise. It gets the loss, its card, and the number as it is written.</param>
internal sealed record Claim(string Phrase, Regex Pattern, Action<PreferenceLoss, PropertyCard, string> Check)
{
    private const string Number = @"(?<n>[−-]?\d+(\.\d+)?)";

    /// <summary>The vocabulary. Of two phrases that match at one place the earlier one counts.</summary>
    public static IReadOnlyList<Claim> Vocabulary { get; } =
    [
        Of("not convex", "[Nn]ot convex", (_, card, _) => Assert.Equal(Verdict.Refuted, card.Convex.Verdict)),
        Of("convex", @"\b[Cc]onvex\b", (_, card, _) => Assert.Equal(Verdict.Proven, card.Convex.Verdict)),
        Of("monotone for τ above ≈ N", $"[Mm]onotone for τ above ≈ {Number}", MonotoneAbove),
        Of("not monotone", "[Nn]ot monotone", (_, card, _) => Assert.Equal(Verdict.Refuted, card.Monotone.Verdict)),
        Of("never rising", "[Nn]ever rising", (_, card, _) => Assert.Equal(Verdict.Proven, card.Monotone.Verdict)),
        Of("monotone", @"\b[Mm]onotone\b", (_, card, _) => Assert.Equal(Verdict.Proven, card.Monotone.Verdict)),
        Of("smooth", @"\b[Ss]mooth\b", (_, card, _) => Assert.True(card.Continuous.IsSmooth)),
        Of("jumps at ρ = N", $"[Jj]umps at ρ = {Number}", (_, card, n) => At(card, PointKind.Jump, n, 1)),
        Of("jumps", @"\b[Jj]umps\b", (_, card, _) => Assert.Equal(Verdict.Refuted, card.Continuous.Verdict)),
        Of("kink at c_w = N", $"[Kk]ink at c_w = {Number}", (_, card, n) => At(card, PointKind.Kink, n, 1)),
        Of("kink at x = N", $@"[Kk]inks? at (\w = \w and )?x = {Number}", (loss, card, n) => At(card, PointKind.Kink, n, Beta(loss))),
        Of("kink", @"\b[Kk]inks?\b", (_, card, _) => Assert.False(card.Continuous.IsSmooth)),
        Of("unbounded below", "[Uu]nbounded below", (_, card, _) => Assert.Equal(double.NegativeInfinity, card.Bounds.Lower)),
        Of("bounded", @"\b[Bb]ounded\b", Bounded),
        Of("flat in both tails", "([Ff]lat|vanishing gradients) in both tails", (_, card, _) => Assert.All(card.Tails.Tails, tail => Assert.Equal(TailKind.Saturates, tail.Kind))),
        Of("overflows …: in single precision for x below N", $"overflows[:,] in single precision for x below {Number}", OverflowsBelow),
        Of("overflows", @"\boverflows\b", (_, card, _) => Assert.NotEmpty(card.Overflow.Points)),
        Of("minimum at x ≈ N", $"minimum (is )?at x ≈ {Number}", (loss, card, n) => At(card, PointKind.Minimum, n, Beta(loss))),
        Of("slope at ρ = 0 is positive", "slope at ρ = 0 is positive", (_, card, _) => Assert.Equal(StartDirection.PushesChosenDown, card.Start.Direction)),
        Of("never starts", "never starts", (_, card, _) => Assert.Equal(StartDirection.NoGradient, card.Start.Direction)),
        Of("not a function of ρ alone", "[Nn]ot a function of ρ alone", (_, card, _) => Assert.Equal(Verdict.Refuted, card.OfDifferenceAlone.Verdict)),
        Of("two rows are needed", "(two rows are needed|[Nn]eeds two rows)", (loss, _, _) => Assert.Equal(2, loss.Graph.MinimumRows)),
    ];

    /// <summary>Words that make a claim; each has to be part of a phrase of the vocabulary.</summary>
    public static Regex Words { get; } = new(@"\b([Cc]onvex|[Cc]oncave|[Mm]onoton\w*|[Ss]mooth|[Jj]ump\w*|[Dd]iscontinu\w*|[Kk]inks?|[Uu]?n?bounded|overflows?)\b");

    private static Claim Of(string phrase, string pattern, Action<PreferenceLoss, PropertyCard, string> check) => new(phrase, new Regex(pattern), check);

    /// <summary>The claims that a text makes, and the words of claims in it that no phrase accounts for.</summary>
    public static (List<(Claim Claim, string Number)> Claims, List<string> NotUnderstood) In(string text)
    {
        var taken = new bool[text.Length];
        var claims = new List<(Claim, string)>();
        foreach (var claim in Vocabulary)
        {
            foreach (Match match in claim.Pattern.Matches(text))
            {
                if (!taken.AsSpan(match.Index, match.Length).Contains(true))
                {
                    taken.AsSpan(match.Index, match.Length).Fill(true);
                    claims.Add((claim, match.Groups["n"].Value.Replace('−', '-')));
                }
            }
        }

        return (claims, [.. Words.Matches(text).Where(word => !taken[word.Index]).Select(word => word.Value)]);
    }

    private static double Beta(PreferenceLoss loss) => loss.Parameters.FirstOrDefault(p => p.Parameter.Name == "beta") is { Parameter: not null } beta ? beta.Value : 1;

    /// <summary>To half a unit of the last digit that is written.</summary>
    private static void At(PropertyCard card, PointKind kind, string number, double perUnit)
    {
        var digits = number.Contains('.', StringComparison.Ordinal) ? number.Length - number.IndexOf('.', StringComparison.Ordinal) - 1 : 6;
        var expected = double.Parse(number, CultureInfo.InvariantCulture);
        Assert.Contains(card.Points(kind), point => Math.Abs((point.At * perUnit) - expected) <= 0.5 * Math.Pow(10, -digits));
    }

    /// <summary>Proven; or continuous, a function of ρ alone, and with a limit on either side.</summary>
    private static void Bounded(PreferenceLoss loss, PropertyCard card, string number)
    {
        var isProven = double.IsFinite(card.Bounds.Lower) && double.IsFinite(card.Bounds.Upper);
        var hasLimits = card.Continuous.Verdict == Verdict.Proven && card.Tails.Tails.All(tail => tail is { Path: "ρ", Kind: TailKind.Saturates }) && !card.Tails.Tails.IsEmpty;
        Assert.True(isProven || hasLimits);
    }

    private static void MonotoneAbove(PreferenceLoss loss, PropertyCard card, string number)
    {
        var tau = double.Parse(number, CultureInfo.InvariantCulture);
        Assert.Equal(Verdict.Refuted, PropertyCard.Of(loss.With("tau", tau * 0.99)).Monotone.Verdict);
        Assert.NotEqual(Verdict.Refuted, PropertyCard.Of(loss.With("tau", tau * 1.01)).Monotone.Verdict);
    }

    private static void OverflowsBelow(PreferenceLoss loss, PropertyCard card, string number)
    {
        // To a hundredth: a factor in front of the exponential moves the point a little.
        var single = Assert.Single(card.Overflow.Points, point => point.Precision == "single");
        var expected = double.Parse(number, CultureInfo.InvariantCulture);
        Assert.InRange(single.At * Beta(loss) / expected, 0.99, 1.01);
    }
}
