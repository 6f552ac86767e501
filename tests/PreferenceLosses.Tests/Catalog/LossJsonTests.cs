using System.Text.Json;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Catalog;

/// <summary>Losses as JSON, there and back, and what is refused.</summary>
public sealed class LossJsonTests
{
    public static TheoryData<string> EveryLoss => [.. LossCatalog.BuiltIn.Entries.Select(entry => entry.Name)];

    [Fact]
    public void The_text_is_what_the_documentation_says() => Assert.Equal(
        """{"loss":"discopop","parameters":{"beta":0.05,"tau":0.05}}""", LossJson.Serialize(new DiscoPopLoss()));

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Every_loss_with_any_values_reads_back_the_same(string name) => Property.Check(
        Any.Positive.And(Any.Positive),
        both =>
        {
            // Any β, and any other value that the other parameters accept.
            var loss = Evaluating.Loss(name, both.First / 3, both.Second * 1e100);
            loss = loss.Parameters.Where(bound => bound.Parameter.Name is not ("beta" or "tau") && bound.Parameter.Bounds.Contains(both.Second / 3))
                .Aggregate(loss, (changed, bound) => changed.With(bound.Parameter.Name!, both.Second / 3));
            var read = LossJson.Deserialize(LossJson.Serialize(loss));
            Assert.Equal(loss, read);
            Assert.IsType(loss.GetType(), read);
        },
        count: 20);

    [Theory]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(0.1 + 0.2)]
    public void Extreme_values_read_back_to_the_last_bit(double value)
    {
        var loss = new AqlLoss { Beta = value, Tau = 0.3 };
        Assert.Equal(value, Assert.IsType<AqlLoss>(LossJson.Deserialize(LossJson.Serialize(loss))).Beta);
    }

    [Theory]
    [InlineData("""{"loss":"discopop"}""")]
    [InlineData("""{"loss":"lrml","parameters":{}}""")]
    [InlineData(""" { "parameters" : { "tau" : 5e-2 } , "loss" : "discopop" } """)]
    public void Parameters_left_out_have_their_defaults_and_aliases_are_names(string json) =>
        Assert.Equal(new DiscoPopLoss(), LossJson.Deserialize(json));

    [Theory]
    [InlineData("""[]""", "an object with 'loss' and 'parameters', or with 'formula', not Array")]
    [InlineData("""null""", "not Null")]
    [InlineData("""{}""", "'loss' is missing")]
    [InlineData("""{"parameters":{"beta":1}}""", "'loss' is missing")]
    [InlineData("""{"loss":7}""", "'loss' is not part of a loss, or of the wrong kind")]
    [InlineData("""{"loss":"dpo","beta":0.1}""", "'beta' is not part of a loss")]
    [InlineData("""{"loss":"dpo","parameters":[]}""", "'parameters' is not part of a loss, or of the wrong kind")]
    [InlineData("""{"Loss":"dpo"}""", "'Loss' is not part of a loss")]
    [InlineData("""{"loss":"doo"}""", "no loss 'doo'; the nearest names are dpo")]
    [InlineData("""{"loss":"dpo","parameters":{"tau":0.1}}""", "no parameter 'tau'; it has beta")]
    [InlineData("""{"loss":"pfl-generated","parameters":{"beta":0.1}}""", "no parameter 'beta'; it has none")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":"0.1"}}""", "'beta' has to be a number, not String")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":0}}""", "beta (β) has to be a finite number greater than 0. The paper uses 0.1")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":-1}}""", "Actual value was -1")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":1e999}}""", "greater than 0")]
    [InlineData("""{"loss":"dpo","loss":"slic"}""", "there twice")]
    [InlineData("""{"loss":"dpo","parameters":{},"parameters":{}}""", "there twice")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":1,"beta":2}}""", "'beta' is there twice")]
    [InlineData("""{"loss":"\ud800"}""", "surrogate")]
    [InlineData("""{"loss":"dpo","parameters":{"beta":NaN}}""", "")]
    [InlineData("""{"loss":"dpo"} {}""", "")]
    [InlineData("""{"loss":"dpo""", "")]
    public void What_is_no_loss_is_refused_with_what_is_wrong(string json, string message)
    {
        var refused = Assert.ThrowsAny<JsonException>(() => LossJson.Deserialize(json));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_value_is_named_with_what_is_accepted_and_recommended()
    {
        var refused = Assert.Throws<JsonException>(() => LossJson.Deserialize("""{"loss":"discopop","parameters":{"beta":0.1,"tau":-2.5}}"""));
        Assert.IsType<ArgumentOutOfRangeException>(refused.InnerException);
        Assert.All(
            ["tau (τ)", "a finite number greater than 0", "The paper uses 0.05; above 0.11 the loss is monotone.", "-2.5"],
            part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_loss_is_read_from_and_written_into_a_larger_document()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            LossJson.Write(writer, new IpoLoss { Beta = 0.25 });
            LossJson.Write(writer, new PflGeneratedLoss());
            writer.WriteEndArray();
        }

        using var document = JsonDocument.Parse(buffer.ToArray());
        Assert.Equal(
            [new IpoLoss { Beta = 0.25 }, new PflGeneratedLoss()],
            document.RootElement.EnumerateArray().Select(element => LossJson.Read(element)));
    }
}
