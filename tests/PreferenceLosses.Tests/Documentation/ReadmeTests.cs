using System.Text.RegularExpressions;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Documentation;

/// <summary>The code in the README is the code below, and its table lists the catalogue.</summary>
public partial class ReadmeTests
{
    [Fact]
    public void The_example_of_use_runs()
    {
        // README: use
        var loss = new DpoLoss { Beta = 0.1 };
        var batch = new PreferenceBatch<float>
        {
            PolicyChosen = [-12.3f, -40.0f], PolicyRejected = [-15.1f, -38.5f],        // summed log-probabilities, in nats
            ReferenceChosen = [-13.0f, -39.0f], ReferenceRejected = [-14.2f, -38.0f],  // one value per pair
        };
        LossResult<float> result = loss.Evaluate(batch);
        double mean = result.Value;
        ReadOnlySpan<float> gradient = result.Gradient(Columns.PolicyChosen);          // ∂ mean / ∂ log π(chosen), for your backward pass
        double accuracy = result.Rewards!.Accuracy;
        // README: end

        Assert.Equal((0.616343773 + 0.718459648) / 2, mean, 1e-6);
        Assert.Equal(-0.04600851154 / 2, gradient[0], 1e-7);
        Assert.Equal(0.5, accuracy);
    }

    [Fact]
    public void The_published_text_is_read_and_written()
    {
        // README: text
        var published = LossCode.Parse("""
            def cell_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
                logits = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
                return 0.5 * torch.exp(-self.beta * logits) - 0.5 * F.logsigmoid(self.beta * logits)
            """).GetLoss().With("beta", 0.1);                      // an IPreferenceLoss: value, analytic gradient, trace
        bool known = LossFingerprint.Of(published).IsSameFunctionAs(LossFingerprint.Of(new CellLoss()));    // true
        string latex = published.ToLatex();                       // and ToPyTorch(), ToTrl(), ToCSharp(), LossJson.Serialize(…)
        // README: end

        Assert.True(known);
        Assert.StartsWith("\\begin{align*}", latex, StringComparison.Ordinal);
        Assert.Equal(0.1, published.Parameters["beta"]);
    }

    [Fact]
    public void The_loss_of_your_own_works()
    {
        var batch = new PreferenceBatch<double> { PolicyChosen = [-4.0], PolicyRejected = [-8.0], ReferenceChosen = [-5.0], ReferenceRejected = [-7.0] };
        var result = new SquaredHingeLoss { Beta = 0.25 }.Evaluate(batch);

        // ρ = (−4 + 5) − (−8 + 7) = 2, x = 0.5, (1 − 0.5)² = 0.25; derivative −2β(1 − x) = −0.25.
        Assert.Equal(0.25, result.Value);
        Assert.Equal(-0.25, result.Gradient(Columns.PolicyChosen)[0]);
    }

    [Theory]
    [InlineData("use")]
    [InlineData("text")]
    [InlineData("own")]
    public void The_code_in_the_README_is_the_code_in_this_file(string section)
    {
        var code = Section(Read("ReadmeTests.cs"), section);
        Assert.Contains(code, Readme(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_lists_the_losses_of_each_family_and_counts_them()
    {
        foreach (var (title, entries) in CatalogueDocument.Families)
        {
            var names = entries[0].IsCandidate ? $"{entries.Length}: `preference-losses list`" : string.Join(", ", entries.Select(entry => $"`{entry.Name}`"));
            Assert.Contains($"\n| {title} | {names} |\n", Readme(), StringComparison.Ordinal);
        }

        // The first sentence names six and counts the others.
        Assert.Contains($"DPO, IPO, KTO, SimPO, ORPO, DiscoPOP and {LossCatalog.BuiltIn.Entries.Length - 6} more", Readme(), StringComparison.Ordinal);
    }

    private static string Section(string file, string section)
    {
        var lines = SectionPattern().Matches(file).Single(m => m.Groups["name"].Value == section).Groups["code"].Value.TrimEnd().Split('\n');
        var indent = lines.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length == 0 ? l : l[indent..]));
    }

    private static string Readme() => Read("README.md");

    /// <summary>A file that the project copies beside the tests; a deterministic build does not know where it was.</summary>
    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documentation", file)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"// README: (?<name>use|text|own)\n(?<code>.*?)\n[ ]*// README: end", RegexOptions.Singleline)]
    private static partial Regex SectionPattern();
}

// README: own
public sealed record SquaredHingeLoss() : PairLoss("squared-hinge", β)
{
    private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "Start with DPO's.");
    public double Beta { get => this[β]; init => this[β] = value; }
    protected override LossOutput Formula(PairInputs pair) => Square(Relu(1 - (β * pair.LogRatioDifference)));
}
// README: end
