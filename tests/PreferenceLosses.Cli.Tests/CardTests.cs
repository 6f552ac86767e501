using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests;

/// <summary>The property card in <c>show</c> and in <c>list --json</c>.</summary>
public class CardTests
{
    private static readonly string[] Questions =
    [
        "row_by_row", "order_independent", "reference_free", "function_of_rho", "scaled_by_beta", "monotone", "convex", "continuous", "bounds",
        "landscape", "tails", "overflow", "start",
    ];

    private static readonly string[] Verdicts = ["proven", "refuted", "unknown", "numerical", "not-applicable"];

    private static readonly Lazy<Dictionary<string, JsonElement>> Cards = new(() => JsonElement.Parse(CommandLine.Run("list", "--json").Output)
        .EnumerateArray().ToDictionary(loss => loss.GetProperty("name").GetString()!, loss => loss.GetProperty("card")));

    [Theory]
    [InlineData("dpo", "  convex             proven     convex in ρ")]
    [InlineData("dpo", "  monotone           proven     it never rises as ρ rises")]
    [InlineData("ipo", "  landscape          numerical  minimum at ρ = 5 (loss 0)")]
    [InlineData("pfl-generated", "  scaled by β        not-applicable  it has no β")]
    public void Show_has_a_line_for_each_question(string name, string expected) => Assert.Contains(expected, CommandLine.Run("show", name).Lines);

    [Fact]
    public void Show_has_the_card_of_the_values_that_are_set()
    {
        Assert.Contains("minimum at ρ = 1 (loss 0)", CommandLine.Run("show", "ipo", "--set", "beta=0.5").Output, StringComparison.Ordinal);
        Assert.Matches("monotone +refuted", CommandLine.Run("show", "discopop").Output);
        Assert.Matches("monotone +unknown", CommandLine.Run("show", "discopop", "--set", "tau=0.2").Output);
    }

    [Fact]
    public void Show_has_the_witness_below_what_is_refuted()
    {
        var lines = CommandLine.Run("show", "padll").Lines;
        var refuted = Array.FindIndex(lines, line => line.StartsWith("  continuous ", StringComparison.Ordinal));
        Assert.Matches("^ +at .*: policy_chosen = .* → 0.3119.*; policy_.* → 0.6238", lines[refuted + 1]);
    }

    [Fact]
    public void Json_has_every_question_with_a_verdict_and_a_witness_where_it_is_refuted()
    {
        Assert.All(Cards.Value.Values, card =>
        {
            Assert.Equal(Questions.Prepend("inputs"), card.EnumerateObject().Select(property => property.Name));
            Assert.All(card.EnumerateObject().Skip(1), question =>
            {
                var verdict = question.Value.GetProperty("verdict").GetString();
                Assert.Contains(verdict, Verdicts);
                Assert.NotEmpty(question.Value.GetProperty("explanation").GetString()!);
                Assert.Equal(verdict == "refuted", question.Value.TryGetProperty("witness", out _));
            });
        });
    }

    [Fact]
    public void Json_has_the_inputs_with_their_shapes() => Assert.Equal(
        ["policy responses True", "reference responses True"],
        Cards.Value["ranked"].GetProperty("inputs").EnumerateArray().OrderBy(input => input.GetProperty("name").GetString(), StringComparer.Ordinal)
            .Select(input => $"{input.GetProperty("name")} {input.GetProperty("shape")} {input.GetProperty("differentiable")}"));

    [Fact]
    public void Json_has_the_numbers_of_the_card()
    {
        var ipo = Cards.Value["ipo"];
        var minimum = Assert.Single(ipo.GetProperty("landscape").GetProperty("points").EnumerateArray());
        Assert.Equal(("minimum", 5.0), (minimum.GetProperty("kind").GetString(), Math.Round(minimum.GetProperty("at").GetDouble(), 9)));
        Assert.Equal(-2, ipo.GetProperty("scaled_by_beta").GetProperty("degree").GetDouble());
        Assert.Equal("inf", ipo.GetProperty("bounds").GetProperty("upper").GetString());
        Assert.Equal(["polynomial", "polynomial"], ipo.GetProperty("tails").GetProperty("tails").EnumerateArray().Select(tail => tail.GetProperty("kind").GetString()));

        Assert.Equal("pushes-chosen-down", Cards.Value["discopop"].GetProperty("start").GetProperty("direction").GetString());
        Assert.Equal(JsonValueKind.Null, Cards.Value["pfl"].GetProperty("start").GetProperty("slope").ValueKind);
        var overflow = Cards.Value["exponential"].GetProperty("overflow").GetProperty("points").EnumerateArray().ToArray();
        Assert.Equal(["single", "double"], overflow.Select(point => point.GetProperty("precision").GetString()));
        Assert.Equal(-887.228, overflow[0].GetProperty("at").GetDouble(), 0.05);
        Assert.Equal(-7097.827, overflow[1].GetProperty("at").GetDouble(), 0.5);
    }

    [Fact]
    public void A_witness_can_be_evaluated_as_it_stands()
    {
        foreach (var seen in Cards.Value["kto-pair"].GetProperty("convex").GetProperty("witness").EnumerateArray())
        {
            var beta = seen.GetProperty("set").GetProperty("beta").GetDouble();
            var run = CommandLine.Evaluate(
                "kto-pair", seen.GetProperty("input").GetRawText(), "--set", FormattableString.Invariant($"beta={beta}"), "--precision", "double");
            var losses = JsonElement.Parse(run.Output).GetProperty("losses").EnumerateArray().Select(loss => loss.GetDouble()).ToArray();
            Assert.Equal(seen.GetProperty("loss").GetDouble(), losses[(seen.GetProperty("output").GetInt32() * losses.Length / 2) + seen.GetProperty("row").GetInt32()], 1e-15);
        }
    }

    [Fact]
    public void A_witness_of_groups_has_arrays_of_rows()
    {
        var seen = Cards.Value["ranked"].GetProperty("reference_free").GetProperty("witness")[0].GetProperty("input").GetProperty("policy");
        Assert.Equal(JsonValueKind.Array, seen[0].ValueKind);
    }
}
