using System.Reflection;
using System.Text;
using System.Xml.Linq;
using PreferenceLosses.Analysis.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Analysis.Tests.Documentation;

/// <summary>
/// What the documentation of each loss claims against what its card finds. The documentation is that which the compiler wrote beside
/// the assembly, so a new loss, or a changed sentence, cannot escape.
/// </summary>
public sealed class DocumentedClaimsTests
{
    private static readonly Dictionary<string, XElement> Members = XDocument
        .Load(Path.ChangeExtension(typeof(IPreferenceLoss).Assembly.Location, ".xml")).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    public static TheoryData<string> Losses => [.. Cards.All];

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_card_agrees_with_the_documentation(string name)
    {
        var loss = Cards.Loss(name);
        var (claims, notUnderstood) = Claim.In(Documentation(loss));
        Assert.True(notUnderstood.Count == 0, $"The documentation of {name} says {string.Join(", ", notUnderstood)} in a way that CONTRIBUTING's vocabulary does not have.");
        foreach (var (claim, number) in claims)
        {
            try
            {
                claim.Check(loss, Cards.Of(loss), number);
            }
            catch (Xunit.Sdk.XunitException disagreement)
            {
                Assert.Fail($"The documentation of {name} says \"{claim.Phrase.Replace("N", number, StringComparison.Ordinal)}\"; its card says\n{Cards.Of(loss)}\n{disagreement.Message}");
            }
        }
    }

    [Fact]
    public void Every_loss_has_documentation_and_many_make_claims()
    {
        Assert.All(Cards.All, name => Assert.NotEmpty(Documentation(Cards.Loss(name))));

        // At the time of writing 28 claims of 14 phrases; fewer would mean that the text is no longer found, or read.
        var claims = Cards.All.SelectMany(name => Claim.In(Documentation(Cards.Loss(name))).Claims).ToArray();
        Assert.True(claims.Length >= 25, $"{claims.Length}");
        Assert.True(claims.Select(c => c.Claim.Phrase).Distinct().Count() >= 12);
    }

    [Theory]
    [InlineData("dpo", "Not convex.")]
    [InlineData("dpo", "It jumps at ρ = 0.")]
    [InlineData("discopop", "Convex.")]
    [InlineData("discopop", "It has a minimum at x ≈ −0.13.")]
    [InlineData("slic", "Smooth.")]
    [InlineData("slic", "Kink at x = 2.")]
    [InlineData("slic", "Bounded.")]
    [InlineData("ipo", "Monotone.")]
    [InlineData("cell", "It overflows, in single precision for x below −80.")]
    [InlineData("padll", "Its slope at ρ = 0 is positive.")]
    public void A_wrong_claim_is_found(string name, string text)
    {
        var (claim, number) = Assert.Single(Claim.In(text).Claims);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => claim.Check(Cards.Loss(name), Cards.Of(name), number));
    }

    [Fact]
    public void A_claim_in_other_words_is_noticed() => Assert.Equal(["Monotonic", "concave"], Claim.In("Monotonic, concave, and it has a kink somewhere.").NotUnderstood);

    [Fact]
    public void The_vocabulary_is_the_one_of_CONTRIBUTING()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documentation", "CONTRIBUTING.md"));
        Assert.All(Claim.Vocabulary, claim => Assert.Contains($"`{claim.Phrase}`", text, StringComparison.Ordinal));
    }

    /// <summary>Summary and remarks of the type; of a loss without a type of its own, those of the property that holds it.</summary>
    private static string Documentation(PreferenceLoss loss)
    {
        var type = loss.GetType();
        var property = type.Assembly.GetExportedTypes()
            .SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .FirstOrDefault(p => p.PropertyType.IsAssignableTo(typeof(IPreferenceLoss)) && ReferenceEquals(p.GetValue(null), loss));
        var member = property is null ? $"T:{type.FullName!.Replace('+', '.')}" : $"P:{property.DeclaringType!.FullName}.{property.Name}";
        return Members.TryGetValue(member, out var element) ? Text(element.Element("summary")) + " " + Text(element.Element("remarks")) : "";
    }

    private static string Text(XElement? element)
    {
        var text = new StringBuilder();
        foreach (var node in element?.DescendantNodes() ?? [])
        {
            text.Append(node switch { XText words => words.Value, XElement { Name.LocalName: "para" } => " ", _ => "" });
        }

        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
