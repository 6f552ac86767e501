using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;
using PreferenceLosses.Discovery.Tests.Candidates;

namespace PreferenceLosses.Discovery.Tests.Report;

public sealed class DiscoveryReportTests
{
    private const string Code = "def margin_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):\n"
        + "    rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)\n"
        + "    return F.softplus(0.1 - self.beta * rho)\n";

    private static readonly PairDomain Domain = new();

    /// <summary>A run with everything that a report shows, whose untrusted texts are all the same.</summary>
    private static IEnumerable<DiscoveryEvent> Run(string text, string? code = null)
    {
        ImmutableArray<ValidationFinding> notes = [new("properties", false, text)];
        yield return new RunStarted(RunStarted.CurrentFormat, ImmutableSortedDictionary<string, string>.Empty.Add("model", text), text);
        yield return new ObjectiveAccepted(1, null, "logistic", Domain.Established[0], [], ["convex"]);
        yield return Scored(1, 0, 0.40, text);
        yield return Scored(1, 1, 0.44, text);
        yield return new ObjectiveSettled(1, "fitness 0.42 ± 0.25 (2 paired seeds)");
        yield return new PromptWritten(1, 0, 0, [new("system", text), new("user", text)], [1]);
        yield return new ReplyReceived(1, 0, text, "stop", 100, 20, 0.5m);
        yield return new ProposalRejected(1, 0, new Proposal(text, text, text), [new("syntax", true, text)]);
        yield return new PromptWritten(1, 1, 2, [new("assistant", text), new("user", text)], [1]);
        yield return new ReplyReceived(1, 1, text, "stop", 130, 20, 0.5m);
        yield return new ObjectiveAccepted(2, 1, text, new Proposal(text, text, code ?? Code), notes, [text]);
        yield return Scored(2, 0, 0.45, text);
        yield return Scored(2, 1, 0.51, text);
        yield return new ObjectiveSettled(2, text);
        yield return new PromptWritten(2, 0, 0, [new("user", text)], [1, 2]);
        yield return new ReplyReceived(2, 0, text, null, null, null, null);
        yield return new DuplicateProposed(2, 0, new Proposal(text, text, text), 2, notes);
        yield return new RunStopped(StopReason.Generations, text);
        yield return new ObjectiveConfirmed(2, text, text);
    }

    private static SeedEvaluated Scored(int number, ulong seed, double score, string text) => new(number, null, new SeedScore(seed, score)
    {
        Measures = ImmutableSortedDictionary<string, double>.Empty.Add("KL" + text, 2.5),
        Curves = [new TrainingCurve(text, [1, 2], [0.7, 0.6])],
    });

    private static XElement Parse(string html)
    {
        Assert.StartsWith("<!DOCTYPE html>\n", html, StringComparison.Ordinal);
        using var reader = XmlReader.Create(new StringReader(html["<!DOCTYPE html>\n".Length..]));
        return XElement.Load(reader, LoadOptions.PreserveWhitespace);
    }

    /// <summary>Elements and attributes without texts; drawings apart, which have more or fewer elements for longer names.</summary>
    private static string Skeleton(XElement element) => element.Name.LocalName == "svg"
        ? "svg"
        : $"{element.Name.LocalName}{string.Concat(element.Attributes().Select(attribute => $"[{attribute}]"))}({string.Join(' ', element.Elements().Select(Skeleton))})";

    [Fact]
    public void Whatever_the_texts_are_the_page_has_the_same_elements_and_attributes()
    {
        var expected = Skeleton(Parse(DiscoveryReport.Html(Run("plain"), Domain)));
        string[] drawn = ["svg", "style", "title", "rect", "g", "line", "path", "text", "circle", "polyline", "use"];
        foreach (var text in UntrustedTextTests.Hostile.Where(text => text.Trim().Length > 0))
        {
            var html = DiscoveryReport.Html(Run(text), Domain);
            var page = Parse(html);
            Assert.Equal(expected, Skeleton(page));
            Assert.All(page.Descendants().Where(element => element.Name.LocalName == "svg"), drawing =>
            {
                Assert.All(drawing.DescendantsAndSelf(), element => Assert.Contains(element.Name.LocalName, drawn));
                Assert.All(drawing.DescendantsAndSelf().Attributes(), attribute => Assert.False(attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name.LocalName is "href" or "style"));
            });
            Assert.DoesNotContain(page.DescendantNodes(), node => node is XComment or XProcessingInstruction or XCData);
        }
    }

    [Fact]
    public void A_browser_is_told_to_load_and_run_nothing()
    {
        var page = Parse(DiscoveryReport.Html(Run("x"), Domain));
        var policy = page.Descendants("meta").Single(meta => (string?)meta.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        Assert.StartsWith("default-src 'none'; style-src 'unsafe-inline';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "iframe" or "object" or "img" or "link" or "form");
        Assert.All(page.Descendants("a"), link => Assert.StartsWith("#objective-", link.Attribute("href")!.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        var page = Parse(DiscoveryReport.Html(Run("x"), Domain));
        var ids = page.Descendants("h3").Select(heading => heading.Attribute("id")!.Value).ToArray();
        Assert.Equal(["objective-1", "objective-2"], ids);
        Assert.All(page.Descendants("a"), link => Assert.Contains(link.Attribute("href")!.Value[1..], ids));
    }

    [Fact]
    public void It_says_what_the_run_came_to()
    {
        var text = Parse(DiscoveryReport.Html(Run("<b>bold</b> & \"quoted\""), Domain)).Value;
        Assert.Contains("<b>bold</b> & \"quoted\"", text, StringComparison.Ordinal);
        Assert.Contains("+0.06 ± 0.13", text, StringComparison.Ordinal);
        Assert.Contains("230 + 40, and unknown ones of 1 replies", text, StringComparison.Ordinal);
        Assert.Contains("cost of the replies\n1", text, StringComparison.Ordinal);
        Assert.Contains("attempt 1, after 1 refusals; the prompt showed 1", text, StringComparison.Ordinal);
        Assert.Contains("Losses of the baseline and the best proposals", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_only_begun_has_a_page()
    {
        foreach (var length in Enumerable.Range(0, Run("x").Count()))
        {
            Parse(DiscoveryReport.Html(Run("x").Take(length), Domain));
        }
    }

    /// <summary>ln(1 + e^(0.1 − βρ)) and its slope −β σ(0.1 − βρ), by hand.</summary>
    [Fact]
    public void The_curves_are_those_of_the_loss()
    {
        var loss = Domain.Validate(new Proposal("", "margin", Code), 1, []).Objective!.Loss;
        var curves = LossCurves.Of(loss)!;
        var beta = loss.Parameters["beta"];
        foreach (var i in (int[])[0, 40, 60, 120])
        {
            var z = 0.1 - (beta * curves.Rho[i]);
            Assert.Equal(Math.Log(1 + Math.Exp(z)), curves.Losses[i], 1e-12);
            Assert.Equal(-beta / (1 + Math.Exp(-z)), curves.Slopes[i], 1e-12);
        }
    }

    /// <summary>KTO of pairs has two losses for a pair: their sum, and the slope of the sum of all, which moves with the means of the batch.</summary>
    [Fact]
    public void Two_losses_of_a_pair_are_added_up()
    {
        var curves = LossCurves.Of(Domain.Validate(Domain.Established[3], 1, []).Objective!.Loss)!;
        Assert.Equal(121, curves.Losses.Length);

        // At ρ = 0 both ratios are 0, and so are the means of a line that is symmetric: 2 (1 − σ(0)).
        Assert.Equal(1, curves.Losses[60], 1e-12);
    }
}
