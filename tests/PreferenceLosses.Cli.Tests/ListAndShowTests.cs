using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Tests;

/// <summary><c>list</c> and <c>show</c>.</summary>
public class ListAndShowTests
{
    [Fact]
    public void The_table_has_every_loss_with_names_paper_inputs_and_parameters()
    {
        var lines = CommandLine.Run("list").Lines;

        Assert.All(CommandLine.Catalog.Entries, entry =>
        {
            var line = Assert.Single(lines, line => line.StartsWith(entry.Name + " ", StringComparison.Ordinal));
            Assert.Contains(entry.Paper!.ArXiv, line, StringComparison.Ordinal);
            Assert.Contains(entry.Paper.Location, line, StringComparison.Ordinal);
            Assert.All(entry.Loss.Graph.Inputs, input => Assert.Contains(input.Name!, line, StringComparison.Ordinal));
            Assert.All(entry.Loss.Parameters, bound => Assert.Contains(
                FormattableString.Invariant($"{bound.Parameter.Name}={bound.Parameter.Default}"), line, StringComparison.Ordinal));
        });
        var dpo = Assert.Single(lines, line => line.StartsWith("dpo ", StringComparison.Ordinal));
        Assert.Matches("sigmoid, logistic +sigmoid +arXiv 2305.18290 eq. 7 +7.8875 +beta=0.1 +policy_chosen, policy_rejected, reference_chosen, reference_rejected$", dpo);
    }

    [Fact]
    public void Candidates_stand_apart_with_their_published_fitness()
    {
        var lines = CommandLine.Run("list").Lines;

        var heading = Array.FindIndex(lines, line => line.StartsWith("Candidates", StringComparison.Ordinal));
        Assert.All(CommandLine.Catalog.Entries, entry =>
        {
            var line = Array.FindIndex(lines, line => line.StartsWith(entry.Name + " ", StringComparison.Ordinal));
            Assert.Equal(entry.IsCandidate, line > heading);
        });
        Assert.Contains(lines, line => line.StartsWith("logistic-margin ", StringComparison.Ordinal) && line.Contains(" 7.709375 ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PAPER")]
    [InlineData("INPUTS")]
    public void The_columns_of_the_table_are_aligned(string heading)
    {
        var lines = CommandLine.Run("list").Lines.TakeWhile(line => line.Length > 0).ToArray();

        var at = lines[0].IndexOf(heading, StringComparison.Ordinal);
        Assert.All(lines, line => Assert.True(line[at - 1] == ' ' && line[at] != ' ', line));
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void Json_has_every_loss_with_the_keys_of_the_contract()
    {
        var losses = JsonElement.Parse(CommandLine.Run("list", "--json").Output).EnumerateArray().ToArray();

        Assert.Equal(CommandLine.Catalog.Entries.Select(entry => entry.Name), losses.Select(loss => loss.GetProperty("name").GetString()));
        Assert.All(losses, loss => Assert.Equal(
            ["name", "aliases", "trl_loss_type", "trl_trainer", "paper", "summary", "formula", "inputs", "outputs_per_row", "minimum_rows", "batch_coupled", "parameters", "candidate", "published_fitness", "card"],
            loss.EnumerateObject().Select(property => property.Name)));
    }

    [Theory]
    [InlineData("dpo", """
        {"name":"dpo","aliases":["sigmoid","logistic"],"trl_loss_type":"sigmoid","trl_trainer":"DPOTrainer","paper":{"title":"Direct Preference Optimization: Your Language Model is Secretly a Reward Model","arxiv":"2305.18290","location":"eq. 7"},"summary":"Logistic loss of the scaled log-ratio difference.","formula":"S(−x)","inputs":["policy_chosen","policy_rejected","reference_chosen","reference_rejected"],"outputs_per_row":1,"minimum_rows":1,"batch_coupled":false,"parameters":[{"name":"beta","symbol":"β","default":0.1,"accepted":"a finite number greater than 0","recommendation":"The paper uses 0.1, and 0.5 for summarization."}],"candidate":false,"published_fitness":7.8875}
        """)]
    [InlineData("ranked", """
        {"name":"ranked","aliases":[],"trl_loss_type":null,"trl_trainer":null,"paper":{"title":"A test","arxiv":"0000.00000","location":"none"},"summary":"Σ over the responses of (policy − reference)².","formula":"","inputs":["policy","reference"],"outputs_per_row":1,"minimum_rows":1,"batch_coupled":false,"parameters":[],"candidate":false,"published_fitness":null}
        """)]
    public void Json_says_everything_about_a_loss(string name, string expected)
    {
        // The card is CardTests'.
        var listed = JsonNode.Parse(Listed(name).GetRawText())!.AsObject();
        listed.Remove("card");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), listed), listed.ToJsonString());
    }

    [Fact]
    public void Json_tells_losses_with_two_outputs_or_batch_statistics_and_candidates()
    {
        Assert.Equal(2, Listed("kto-pair").GetProperty("outputs_per_row").GetInt32());
        Assert.Equal(2, Listed("dbaql").GetProperty("minimum_rows").GetInt32());
        Assert.True(Listed("dbaql").GetProperty("batch_coupled").GetBoolean());
        Assert.True(Listed("logistic-margin").GetProperty("candidate").GetBoolean());
    }

    [Fact]
    public void Show_says_everything_about_a_loss_with_the_values_that_are_set()
    {
        Assert.StartsWith(
            """
            discopop
              Logistic, blended into exponential as the log-ratio difference grows.

              loss            (1 − m) S(−x) + m e^(−x), m = σ(x/τ)
              also known as   lrml
              TRL loss_type   discopop of DPOTrainer
              paper           Discovering Preference Optimization Algorithms with and for Large Language Models
                              arXiv 2406.08414, eq. 4
              inputs          policy_chosen, policy_rejected, reference_chosen, reference_rejected
              losses per row  1
              rows            any number, each by itself

              ℓ = σ(−x/τ) softplus(−x) + e^(ln σ(x/τ) − x)
                x = β ρ
                ρ = c_w − c_l
                c_w = policy_chosen − reference_chosen
                c_l = policy_rejected − reference_rejected

              ∂ℓ/∂policy_chosen = β (−e^(ln σ(x/τ) − x) − σ(−x/τ) σ(−x) + (e^(ln σ(x/τ) − x) σ(−x/τ) − softplus(−x) σ(−x/τ) σ(x/τ))/τ)
              ∂ℓ/∂policy_rejected = −∂ℓ/∂policy_chosen
              ∂ℓ/∂reference_chosen = −∂ℓ/∂policy_chosen
              ∂ℓ/∂reference_rejected = ∂ℓ/∂policy_chosen

              PARAMETER  SYMBOL  VALUE  DEFAULT  ACCEPTED                        RECOMMENDATION
              beta       β       0.05   0.05     a finite number greater than 0  The paper uses 0.05.
              tau        τ       0.2    0.05     a finite number greater than 0  The paper uses 0.05; above 0.11 the loss is monotone.

            """.ReplaceLineEndings("\n"),
            CommandLine.Run("show", "lrml", "--set", "tau=0.2").Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kto-pair", "2: first the chosen halves of all rows, then the rejected ones")]
    [InlineData("kto-pair", "any number, each depending on the others in the batch")]
    [InlineData("dbaql", "at least 2, each depending on the others in the batch")]
    [InlineData("logistic-margin", "7.709375")]
    [InlineData("logistic-margin", "candidate")]
    [InlineData("ipo", "none: TRL does not have this function")]
    [InlineData("pfl-generated", "no parameters")]
    [InlineData("unpaired", "policy, desirable, kl (one number)")]
    [InlineData("ranked", "policy (K responses per row), reference (K responses per row)")]
    public void Show_tells_what_is_special_about_a_loss(string name, string expected)
    {
        Assert.Contains(expected, CommandLine.Run("show", name).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_paper_whose_equation_is_not_given_is_named_without_a_comma() =>
        Assert.Contains(CommandLine.Run("show", "simpo").Lines, line => line.EndsWith("arXiv 2405.14734", StringComparison.Ordinal));

    [Fact]
    public void Every_loss_can_be_shown()
    {
        Assert.All(LossCatalog.BuiltIn.Entries, entry =>
        {
            var run = CommandLine.Run("show", entry.Name);
            Assert.Equal((0, ""), (run.Status, run.Error));
            Assert.StartsWith(entry.Name + "\n", run.Output, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("list")]
    [InlineData("list --json")]
    [InlineData("show dpo --set beta=0.25")]
    [InlineData("show dpo --set beta=-0.25")]
    [InlineData("export discopop --set tau=0.25 --to pytorch")]
    [InlineData("export discopop --set tau=0.25 --to json")]
    [InlineData("evaluate --loss dpo --set beta=0.25 --input -")]
    public void The_culture_does_not_matter(string arguments)
    {
        var expected = CommandLine.Run(HandTable.Input, arguments.Split(' '));
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = WithDecimalComma();
        try
        {
            Assert.Equal(expected, CommandLine.Run(HandTable.Input, arguments.Split(' ')));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static CultureInfo WithDecimalComma()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "~";
        return culture;
    }

    private static JsonElement Listed(string name) => JsonElement.Parse(CommandLine.Run("list", "--json").Output)
        .EnumerateArray().Single(loss => loss.GetProperty("name").GetString() == name);
}
