using System.Text.Json;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Tests.Text.Writing;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Losses that no catalogue has, as JSON with their formula, there and back, and what is refused.</summary>
public class FormulaJsonTests
{
    private static readonly Parameter Beta = new("beta", "β", 0.1, Bounds.Positive);

    [Fact]
    public void The_text_is_what_the_documentation_says() => Assert.Equal(
        """{"formula":{"name":"own","parameters":[{"name":"beta","symbol":"β","value":0.3,"default":0.1,"minimum":0,"minimum_included":false,"maximum":"inf","maximum_included":false,"recommendation":""}],"nodes":["""
        + """{"operation":"parameter","name":"beta"},{"operation":"input","name":"policy_chosen","shape":"row","differentiable":true},{"operation":"multiply","operands":[0,1]},"""
        + """{"operation":"input","name":"policy_rejected","shape":"row","differentiable":true},{"operation":"multiply","operands":[0,3]}],"losses":[2],"rewards":{"chosen":2,"rejected":4}}}""",
        LossJson.Serialize(PairLoss.Define("own", [Beta], pair => Beta * pair.PolicyChosen).With("beta", 0.3)));

    [Theory]
    [MemberData(nameof(ExportedLosses.Names), MemberType = typeof(ExportedLosses))]
    public void Every_loss_reads_back_with_the_same_graph_and_values(string name)
    {
        // Under another name, so that no catalogue knows it.
        var loss = ExportedLosses.ByName[name];
        var text = LossJson.Serialize(new Renamed(loss));
        Assert.StartsWith("""{"formula":""", text, StringComparison.Ordinal);

        var read = LossJson.Deserialize(text);

        Assert.Equal(loss.Graph.Key, read.Graph.Key);
        Assert.Equal(loss.Parameters, read.Parameters);
        Assert.Equal(loss.Parameters.Select(Description), read.Parameters.Select(Description));
        Assert.Equal(text, LossJson.Serialize(read));
        Assert.Equal(read, LossJson.Deserialize(text));
    }

    [Fact]
    public void Random_formulas_read_back_with_the_same_graph() => Property.Check(
        new RandomFormulas(isTame: false).Of(Shape.Row),
        formula =>
        {
            // Scalar inputs of the samples are differentiable, which no loss may have; and some nodes are made by lowering only.
            var usual = Simplifier.Rewrite([formula], (node, _) =>
                node is { Operation: Operation.Input, Shape: Shape.Scalar } ? Input(node.Name!, Shape.Scalar, differentiable: false)
                : node.Operation >= Operation.ExpMinusAbs ? Exp(-Abs(node.Operands[0]))
                : node);
            var graph = new LossGraph(usual, rewards: null);
            var loss = new Renamed(new OfGraph(graph));
            Assert.Equal(graph.Key, LossJson.Deserialize(LossJson.Serialize(loss)).Graph.Key);
        });

    [Fact]
    public void Numbers_are_exact_and_what_JSON_has_no_number_for_is_a_word()
    {
        foreach (var value in new[] { 0.1 + 0.2, double.Epsilon, double.MaxValue, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN })
        {
            var loss = PairLoss.Define("own", [], pair => pair.PolicyChosen * Constant(value));
            var read = LossJson.Deserialize(LossJson.Serialize(loss));
            var constant = NodeOrder.Of(read.Graph.Losses).Single(node => node.Operation == Operation.Constant).Value;
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(constant));
        }
    }

    [Fact]
    public void A_loss_with_the_name_of_another_one_is_written_with_its_formula() => Assert.StartsWith(
        """{"formula":{"name":"dpo",""", LossJson.Serialize(PairLoss.Define("dpo", [Beta], pair => Beta * pair.LogRatioDifference)), StringComparison.Ordinal);

    [Fact]
    public void What_is_read_can_be_changed_and_compared()
    {
        var read = LossJson.Deserialize(LossJson.Serialize(PairLoss.Define("own", [Beta], pair => Beta * pair.LogRatioDifference)));
        Assert.Equal(6, read.With("beta", 2).Value(3));
        Assert.NotEqual(read, read.With("beta", 2));
        Assert.NotEqual(read, LossJson.Deserialize(LossJson.Serialize(PairLoss.Define("own", [Beta], pair => Beta + pair.LogRatioDifference))));
        Assert.Throws<ArgumentOutOfRangeException>(() => read.With("beta", 0));
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        // What to replace in a good text, by what, and the message.
        { "\"formula\":{", "\"formula\":[],\"x\":{", "has 'x'" },
        { "\"name\":\"own\"", "\"name\":\" \"", "'name' is blank" },
        { "\"name\":\"own\"", "\"name\":7", "The formula: 'name' is 7; a string is accepted" },
        { "\"name\":\"own\"", "\"name\":\"own\",\"name\":\"own\"", "The formula has 'name' twice" },
        { "\"name\":\"own\"", "\"name\":\"\\ud800\"", "surrogate" },
        { "\"name\":\"own\",", "", "The formula has no 'name'" },
        { "\"operation\":\"multiply\"", "\"operation\":\"multiplied\"", "Node 2: there is no operation 'multiplied'" },
        { "\"operation\":\"multiply\"", "\"operation\":\"exp_minus_abs\"", "there is no operation 'exp_minus_abs'" },
        { "\"operation\":\"multiply\"", "\"operation\":\"24\"", "there is no operation '24'" },
        { "\"operation\":\"multiply\"", "\"operation\":\"exp\"", "Node 2 (exp) has 2 operands; 1 are needed" },
        { "\"operands\":[0,1]", "\"operands\":[0,2]", "Node 2 (multiply): 'operands' names a node by 2; the number of an earlier node is accepted, below 2" },
        { "\"operands\":[0,1]", "\"operands\":[0,-1]", "names a node by -1" },
        { "\"operands\":[0,1]", "\"operands\":[0,0.5]", "names a node by 0.5" },
        { "\"operands\":[0,1]", "\"operands\":[0,99999999999]", "names a node by 99999999999" },
        { "\"operands\":[0,1]", "\"operands\":7", "'operands' is 7; an array is accepted" },
        { "\"operands\":[0,1]", "\"operands\":[0,1],\"axis\":\"batch\"", "Node 2 (multiply) has 'axis'" },
        { "\"operands\":[0,1]", "\"operands\":[0,1],\"colour\":1", "Node 2 has 'colour'" },
        { "\"shape\":\"row\"", "\"shape\":\"rows\"", "there is no shape 'rows'; scalar, row, responses are accepted" },
        { "\"shape\":\"row\"", "\"shape\":\"scalar\"", "Node 1 (input): The input 'policy_chosen' is one value for the batch" },
        { "\"shape\":\"row\"", "\"shape\":\"responses\"", "has shape Responses" },
        { "\"differentiable\":true", "\"differentiable\":1", "'differentiable' is 1; true or false is accepted" },
        { "\"name\":\"policy_chosen\"", "\"name\":\"Policy\"", "Node 1 (input): 'Policy' is not a name" },
        { "{\"operation\":\"parameter\",\"name\":\"beta\"}", "{\"operation\":\"parameter\",\"name\":\"tau\"}", "the parameter 'tau' is not declared" },
        { "{\"operation\":\"parameter\",\"name\":\"beta\"}", "{\"operation\":\"constant\",\"value\":1e999}", "'value' is 1e999; a number that fits" },
        { "{\"operation\":\"parameter\",\"name\":\"beta\"}", "{\"operation\":\"constant\",\"value\":\"∞\"}", "a number that fits double precision" },
        { "{\"operation\":\"parameter\",\"name\":\"beta\"}", "7", "Node 0 is of kind Number" },
        { "\"value\":0.1,", "\"value\":-1,", "Parameter 0: beta (β) has to be a finite number greater than 0" },
        { "\"symbol\":\"β\"", "\"symbol\":\"\"", "Parameter 0" },
        { "\"parameters\":[", "\"parameters\":[7,", "Parameter 0 is of kind Number" },
        { "\"losses\":[2]", "\"losses\":[]", "A loss is one formula, or two" },
        { "\"losses\":[2]", "\"losses\":[0]", "The formula: A loss has one value per row" },
        { "\"losses\":[2]", "\"losses\":[2,2,2]", "A loss is one formula, or two" },
        { "\"losses\":[2]", "\"losses\":[5]", "names a node by 5" },
        { "\"rewards\":{\"chosen\":2,", "\"rewards\":{", "'rewards' has no 'chosen'" },
        { "\"losses\":[2],\"rewards\":{\"chosen\":2,\"rejected\":4}", "\"losses\":[1]", "Node 0 is not used" },
        { "\"nodes\":[", "\"verbatim\":1,\"nodes\":[", "'verbatim' is 1" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_no_formula_is_refused_with_what_is_wrong_and_where(string part, string replacement, string message)
    {
        var good = LossJson.Serialize(PairLoss.Define("own", [Beta], pair => Beta * pair.PolicyChosen));
        Assert.Contains(part, good, StringComparison.Ordinal);
        var at = good.IndexOf(part, StringComparison.Ordinal);
        var bad = good[..at] + replacement + good[(at + part.Length)..];

        var refused = Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize(bad));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("variance", """, "value":2""", "'value' is the correction")]
    [InlineData("quantile", """, "value":1.5""", "'value' is the level")]
    [InlineData("quantile", "", "has no 'value'")]
    [InlineData("mean", """, "value":0""", "has 'value'")]
    [InlineData("mean", """, "axis":"rows" """, "there is no axis 'rows'")]
    [InlineData("mean", """, "axis":"responses" """, "Mean over Responses needs a value of shape Responses")]
    public void Reductions_are_checked(string operation, string more, string message)
    {
        var text = $$$"""
            {"formula":{"name":"own","parameters":[],"nodes":[{"operation":"input","name":"policy_chosen","shape":"row","differentiable":true},
             {"operation":"{{{operation}}}","operands":[0]{{{more}}}},{"operation":"subtract","operands":[0,1]}],"losses":[2]}}
            """;
        Assert.Contains(message, Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_any_size_or_depth_is_more_than_refused()
    {
        var chain = string.Concat(Enumerable.Range(1, FormulaNodes).Select(i => $$$""",{"operation":"negate","operands":[{{{i - 1}}}]}"""));
        string Of(string nodes, int loss) =>
            $$$"""{"formula":{"name":"own","parameters":[],"nodes":[{"operation":"input","name":"policy_chosen","shape":"row","differentiable":true}{{{nodes}}}],"losses":[{{{loss}}}]}}""";
        Assert.Contains("at most 4096", Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize(Of(chain, FormulaNodes))).Message, StringComparison.Ordinal);
        Assert.Contains("at most 1048576", Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize("\"" + new string('x', 1 << 20) + "\"")).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize(new string('[', 500_000)));
        Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize("{\"formula\":" + new string('[', 60) + new string(']', 60) + "}"));
        Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize("\ud800"));

        var most = string.Concat(Enumerable.Range(1, FormulaNodes - 1).Select(i => $$$""",{"operation":"sin","operands":[{{{i - 1}}}]}"""));
        Assert.InRange(LossJson.Deserialize(Of(most, FormulaNodes - 1)).Value(1), 0, 0.1);
    }

    /// <summary>Every text with one character gone or changed is read, or refused as JSON: nothing else is thrown.</summary>
    [Fact]
    public void Damaged_texts_are_refused_as_JSON()
    {
        var good = LossJson.Serialize(PairLoss.Define("own", [Beta], pair => Variance(Beta * pair.PolicyChosen) * pair.PolicyChosen));
        for (var i = 0; i < good.Length; i++)
        {
            foreach (var bad in new[] { good.Remove(i, 1), good[..i] + "9" + good[(i + 1)..], good[..i] + "\"" + good[(i + 1)..], good[..i] })
            {
                try
                {
                    LossJson.Deserialize(bad);
                }
                catch (JsonException)
                {
                }
            }
        }
    }

    private const int FormulaNodes = 4096;

    private static (string, string, Bounds, double, string) Description(ParameterValue bound) =>
        (bound.Parameter.Name!, bound.Parameter.Symbol, bound.Parameter.Bounds, bound.Parameter.Default, bound.Parameter.Recommendation);

    /// <summary>A user's own implementation, under a name that no catalogue has.</summary>
    private sealed class Renamed(IPreferenceLoss loss) : IPreferenceLoss
    {
        public string Name => loss.Name + "-renamed";

        public ParameterValues Parameters => loss.Parameters;

        public LossGraph Graph => loss.Graph;
    }

    private sealed class OfGraph(LossGraph graph) : IPreferenceLoss
    {
        public string Name => "own";

        public ParameterValues Parameters => ParameterValues.DefaultsOf([.. graph.Parameters]);

        public LossGraph Graph => graph;
    }
}
