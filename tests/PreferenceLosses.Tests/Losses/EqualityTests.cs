using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Losses;

/// <summary>Losses are values: equal if their kind and their hyper-parameters are, used or not.</summary>
public sealed class EqualityTests
{
    public static TheoryData<string> EveryLoss => Claims.Where(_ => true);

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void Using_a_loss_changes_neither_its_equality_nor_its_hash(string name)
    {
        var loss = Evaluating.Loss(name);
        var copy = loss with { };
        var hash = copy.GetHashCode();
        Assert.Equal(loss, copy);

        copy.On(PairColumns.Random(3, seed: 1));
        Assert.Equal(loss, copy);
        Assert.Equal(hash, copy.GetHashCode());
        Assert.Equal(loss.GetHashCode(), copy.GetHashCode());
    }

    [Theory]
    [MemberData(nameof(EveryLoss))]
    public void A_changed_value_makes_another_loss_and_changing_it_back_the_same(string name)
    {
        var loss = Evaluating.Loss(name);
        foreach (var (parameter, value) in loss.Parameters)
        {
            var changed = loss.With(parameter.Name!, value == 0 ? 0.25 : value / 2);
            changed.On(PairColumns.Random(3, seed: 1));
            Assert.NotEqual(loss, changed);
            Assert.NotEqual(loss.GetHashCode(), changed.GetHashCode());
            Assert.Equal(loss, changed.With(parameter.Name!, value));
            Assert.Equal(loss.GetHashCode(), changed.With(parameter.Name!, value).GetHashCode());
        }
    }

    [Fact]
    public void Losses_work_as_keys()
    {
        var scores = new Dictionary<IPreferenceLoss, string> { [new DpoLoss()] = "a", [new DpoLoss { Beta = 0.5 }] = "b", [new SlicLoss()] = "c" };
        Assert.Equal("b", scores[new DpoLoss() with { Beta = 0.5 }]);
        Assert.Equal("c", scores[LossCatalog.BuiltIn.Find("hinge").Loss]);
        Assert.False(scores.ContainsKey(new DpoLoss { Beta = 0.25 }));
    }

    [Fact]
    public void No_two_losses_of_the_catalogue_are_equal() =>
        Assert.Equal(LossCatalog.BuiltIn.Entries.Length, LossCatalog.BuiltIn.Entries.Select(entry => entry.Loss).Distinct().Count());

    [Fact]
    public void Different_losses_with_the_same_values_are_different()
    {
        Assert.NotEqual<PreferenceLoss>(new PadllLoss(), new CellLoss());
        Assert.NotEqual<PreferenceLoss>(RunLogCandidates.FocalLogistic, RunLogCandidates.SquaredLogistic);
    }

    [Fact]
    public void The_graph_is_the_same_object_at_every_call_and_another_one_after_a_change()
    {
        var loss = new DpoLoss();
        Assert.Same(loss.Graph, loss.Graph);
        Assert.NotSame(loss.Graph, (loss with { Beta = 1 }).Graph);
    }

    [Fact]
    public void Hyper_parameters_are_compared_by_name_and_value()
    {
        var (β, other) = (new Parameter("beta", "β", 1, Bounds.Positive, ""), new Parameter("beta", "b", 1, Bounds.Finite, ""));
        Assert.Equal(ParameterValues.DefaultsOf(β), ParameterValues.DefaultsOf(other));
        Assert.NotEqual(ParameterValues.DefaultsOf(β), ParameterValues.DefaultsOf(new Parameter("tau", "τ", 1, Bounds.Positive, "")));
        Assert.NotEqual(ParameterValues.DefaultsOf(β), ParameterValues.DefaultsOf());
        Assert.Contains("declared twice", Assert.Throws<ArgumentException>(() => ParameterValues.DefaultsOf(β, other)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dpo", "dpo (beta = 0.1)")]
    [InlineData("discopop", "discopop (beta = 0.05, tau = 0.05)")]
    [InlineData("pfl-generated", "pfl-generated")]
    public void A_loss_prints_its_name_and_its_values(string name, string text) => Assert.Equal(text, Evaluating.Loss(name).ToString());
}
