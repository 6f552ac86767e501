using System.Reflection;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Hyper-parameters: what is accepted, what a refusal says, and that every one of them has an effect.</summary>
public sealed class ParameterTests
{
    private static readonly double[] Wrong = [0, -0.0, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    /// <summary>Not numbers, or not finite ones: nothing accepts these.</summary>
    private static readonly double[] NeverAccepted = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    public static TheoryData<string> WithParameters =>
        [.. LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss.Parameters.Count > 0).Select(entry => entry.Name)];

    public static TheoryData<double> OutOfRange => [.. Wrong];

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void An_initialiser_refuses_values_out_of_range(double value)
    {
        AssertRefused("beta", "β", value, "has to be a finite number greater than 0", () => new DpoLoss { Beta = value });
        AssertRefused("tau", "τ", value, "has to be a finite number greater than 0", () => new DiscoPopLoss { Tau = value });
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_with_expression_refuses_values_out_of_range(double value)
    {
        AssertRefused("beta", "β", value, "greater than 0", () => new SlicLoss() with { Beta = value });
        AssertRefused("tau", "τ", value, "greater than 0", () => new AqflPrintedLoss() with { Tau = value });
    }

    [Theory]
    [MemberData(nameof(WithParameters))]
    public void Every_parameter_of_every_loss_refuses_values_out_of_range_by_name(string name)
    {
        var loss = Evaluating.Loss(name);
        foreach (var (parameter, before) in loss.Parameters)
        {
            foreach (var value in Wrong.Where(value => !parameter.Bounds.Contains(value)).Union(NeverAccepted))
            {
                var refused = AssertRefused(
                    parameter.Name!, parameter.Symbol, value, parameter.Bounds.ToString(), () => loss.With(parameter.Name!, value));
                Assert.Contains(parameter.Recommendation, refused.Message, StringComparison.Ordinal);
            }

            Assert.Equal(before, loss.Parameters[parameter]);
        }
    }

    [Fact]
    public void A_refusal_repeats_what_the_paper_recommends() => Assert.Contains(
        "The paper uses 0.1, and 0.5 for summarization.",
        Assert.Throws<ArgumentOutOfRangeException>(() => new DpoLoss { Beta = -1 }).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("tau")]
    [InlineData("Beta")]
    [InlineData("label_smoothing")]
    [InlineData("")]
    public void A_parameter_that_the_loss_does_not_have_is_refused_with_those_that_it_has(string unknown)
    {
        var refused = Assert.Throws<ArgumentException>(() => new DpoLoss().With(unknown, 1));
        Assert.Contains($"no parameter '{unknown}'; it has beta", refused.Message, StringComparison.Ordinal);
        Assert.Contains("it has none", Assert.Throws<ArgumentException>(() => new PflGeneratedLoss().With("beta", 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WithParameters))]
    public void Every_declared_parameter_is_in_the_graph_and_changes_the_result(string name)
    {
        var loss = Evaluating.Loss(name);
        Assert.Equal(loss.Parameters.Select(bound => bound.Parameter.Name).Order(), loss.Graph.Parameters.Select(p => p.Name).Order());

        // Close to the reference, and far from it: clips and margins are seen in one of them.
        FormulaBatch[] batches = [AnyBatch.Random(loss, 41, seed: 2), AnyBatch.Random(loss, 40, seed: 2)];
        foreach (var (parameter, value) in loss.Parameters)
        {
            var changed = loss.With(parameter.Name!, value == 0 ? 0.25 : 0.5 * value);
            var results = batches.Select(batch => (Before: loss.Evaluate(batch.Batch<double>()), After: changed.Evaluate(batch.Batch<double>()))).ToArray();
            Assert.Contains(results, both => both.Before.Value != both.After.Value);

            // SLiC-HF's margin changes the gradient of the few pairs only that are between two margins.
            Assert.True(parameter.Name == "delta" || results.Any(both => LossRun.Differentiated(loss, batches[0])
                .Any(column => !both.Before.Gradient(column).SequenceEqual(both.After.Gradient(column)))));

            // The original is what it was.
            Assert.Equal(value, loss.Parameters[parameter]);
        }
    }

    [Fact]
    public void A_with_expression_changes_the_result_also_after_the_loss_was_used()
    {
        var pairs = Evaluating.At(1);
        var loss = new DiscoPopLoss();
        var before = loss.On(pairs).Value;
        var changed = loss with { Beta = 0.5, Tau = 0.25 };
        Assert.Equal(new DiscoPopLoss { Beta = 0.5, Tau = 0.25 }.On(pairs).Value, changed.On(pairs).Value);
        Assert.NotEqual(before, changed.On(pairs).Value);
        Assert.Equal(before, loss.On(pairs).Value);
    }

    [Fact]
    public void Properties_and_parameters_by_name_are_the_same_values()
    {
        Assert.All(LossCatalog.BuiltIn.Entries.Where(entry => !entry.IsCandidate), entry =>
        {
            foreach (var (parameter, value) in entry.Loss.Parameters)
            {
                // beta → Beta, label_smoothing → LabelSmoothing.
                var property = entry.Loss.GetType().GetProperty(
                    string.Concat(parameter.Name!.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])));
                Assert.NotNull(property);
                Assert.Equal(value, property.GetValue(entry.Loss));
                Assert.Equal(0.375, property.GetValue(entry.Loss.With(parameter.Name, 0.375)));
            }

            // And there is no property that sets anything else.
            var settable = entry.Loss.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(property => property.CanWrite && property.PropertyType == typeof(double));
            Assert.Equal(entry.Loss.Parameters.Count, settable.Count());
        });
    }

    [Fact]
    public void A_value_is_found_by_name_and_an_unknown_name_is_refused()
    {
        var values = new DiscoPopLoss { Beta = 0.3, Tau = 0.7 }.Parameters;
        Assert.Equal(0.3, values["beta"]);
        Assert.Equal(0.7, values["tau"]);
        Assert.Contains("beta, tau", Assert.Throws<ArgumentException>(() => values["gamma"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_those_of_the_design()
    {
        // The DiscoPOP paper's own are at 0.05, all others at 0.1. What other parameters default to stands in docs/catalogue.md.
        Assert.All(LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss.Has("beta")), entry =>
        {
            var isDiscoPops = entry.Paper!.ArXiv == "2406.08414" && entry.Name != "kto-pair";
            Assert.Equal(isDiscoPops ? 0.05 : 0.1, entry.Loss.Parameters["beta"]);
        });
        Assert.All(LossCatalog.BuiltIn.Entries.SelectMany(entry => entry.Loss.Parameters), bound => Assert.Equal(bound.Parameter.Default, bound.Value));
        Assert.Equal(
            ["discopop", "dbaql", "aql", "aql-printed", "aqfl", "aqfl-printed"],
            LossCatalog.BuiltIn.Entries.Where(entry => entry.Loss.Has("tau")).Select(entry => entry.Name));
        Assert.Equal(
            ["pfl-generated", "orpo", "slic-hf", "nll", "sft", "pro", "rrhf"],
            LossCatalog.BuiltIn.Entries.Where(entry => !entry.Loss.Has("beta")).Select(entry => entry.Name));
    }

    [Fact]
    public void Defaults_are_validated_too()
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => new Parameter("beta", "β", 0, Bounds.Positive, "More than nothing."));
        Assert.Contains("More than nothing.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bounds_are_what_they_say()
    {
        var unit = new Bounds(0, MinimumIncluded: true, 1, MaximumIncluded: false);
        Assert.True(unit.Contains(0) && unit.Contains(0.5) && !unit.Contains(1) && !unit.Contains(-1e-9) && !unit.Contains(double.NaN));
        Assert.Equal("a finite number, 0 or greater and less than 1", unit.ToString());

        Assert.True(Bounds.NonNegative.Contains(0) && !Bounds.NonNegative.Contains(-double.Epsilon));
        Assert.False(Bounds.Positive.Contains(0));
        Assert.True(Bounds.Positive.Contains(double.Epsilon));
        Assert.True(Bounds.Finite.Contains(-1e300) && !Bounds.Finite.Contains(double.PositiveInfinity));

        var upTo = new Bounds(double.NegativeInfinity, false, 2.5, MaximumIncluded: true);
        Assert.True(upTo.Contains(2.5) && !upTo.Contains(2.5000001));
        Assert.Equal("a finite number, at most 2.5", upTo.ToString());
    }

    private static ArgumentOutOfRangeException AssertRefused(string parameter, string symbol, double value, string accepted, Func<object> change)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(change);
        Assert.Equal(parameter, refused.ParamName);
        Assert.Contains($"{parameter} ({symbol})", refused.Message, StringComparison.Ordinal);
        Assert.Contains(accepted, refused.Message, StringComparison.Ordinal);
        Assert.Contains(value.ToString(System.Globalization.CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        return refused;
    }
}
