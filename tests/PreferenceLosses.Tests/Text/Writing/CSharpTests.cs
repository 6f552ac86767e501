using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>Losses as C# records.</summary>
public class CSharpTests
{
    [Theory]
    [MemberData(nameof(ExportedLosses.Names), MemberType = typeof(ExportedLosses))]
    public void The_source_compiles_to_the_same_loss(string name)
    {
        var loss = ExportedLosses.ByName[name];

        var compiled = CompiledSource.Loss(loss.ToCSharp());

        Assert.Equal(loss.Name, compiled.Name);
        Assert.Equal(loss.Graph.Key, compiled.Graph.Key);
        Assert.Equal(loss.Parameters, compiled.Parameters);
        Assert.Equal(
            loss.Parameters.Select(bound => (bound.Parameter.Symbol, bound.Parameter.Bounds, bound.Parameter.Recommendation)),
            compiled.Parameters.Select(bound => (bound.Parameter.Symbol, bound.Parameter.Bounds, bound.Parameter.Recommendation)));
    }

    [Fact]
    public void Every_pair_loss_of_the_catalogue_evaluates_to_the_same_bits()
    {
        var pairs = PairColumns.Random(17, seed: 3, spread: 30);
        Assert.All(LossCatalog.BuiltIn.Entries.Select(entry => entry.Loss).OfType<PairLoss>().Where(ReadsPairsAlone), loss =>
        {
            var (expected, actual) = (loss.On(pairs), Assert.IsAssignableFrom<PairLoss>(CompiledSource.Loss(loss.ToCSharp())).On(pairs));
            Same.Bits(expected.Losses, actual.Losses, loss.Name);
            Same.Bits(PairColumns.From(name => expected.Gradient(name).ToArray()), PairColumns.From(name => actual.Gradient(name).ToArray()), loss.Name);
            Same.Bits(expected.Rewards!.Chosen, actual.Rewards!.Chosen, loss.Name);
        });
    }

    [Fact]
    public void The_values_of_the_loss_are_the_defaults_of_the_record()
    {
        var compiled = CompiledSource.Loss(new DiscoPopLoss { Beta = 0.1, Tau = 0.2 }.ToCSharp());

        Assert.Equal("discopop (beta = 0.1, tau = 0.2)", compiled.ToString());
        Assert.Equal(0.3, compiled.GetType().GetProperty("Tau")!.GetValue(compiled.With("tau", 0.3)));
    }

    [Fact]
    public void The_record_is_what_a_person_would_write() => Assert.Equal(
        """
        using PreferenceLosses.Expressions;
        using PreferenceLosses.Losses;
        using static PreferenceLosses.Expressions.Formulas;

        /// <summary>The loss 'discopop'; unreduced, in nats.</summary>
        public sealed record DiscopopLoss() : PairLoss("discopop", β, τ)
        {
            private static readonly Parameter β = new("beta", "β", 0.05, Bounds.Positive, "The paper uses 0.05.");
            private static readonly Parameter τ = new("tau", "τ", 0.05, Bounds.Positive, "The paper uses 0.05; above 0.11 the loss is monotone.");

            /// <summary>β: a finite number greater than 0.</summary>
            public double Beta { get => this[β]; init => this[β] = value; }

            /// <summary>τ: a finite number greater than 0.</summary>
            public double Tau { get => this[τ]; init => this[τ] = value; }

            /// <inheritdoc/>
            protected override LossOutput Formula(PairInputs pair)
            {
                var x = Named("x", β * pair.LogRatioDifference);
                return Sigmoid(-x / τ) * Softplus(-x) + Exp(LogSigmoid(x / τ) - x);
            }
        }

        """.ReplaceLineEndings("\n"),
        new DiscoPopLoss().ToCSharp());

    private static bool ReadsPairsAlone(PairLoss loss) =>
        loss.Graph.Inputs.All(input => input.Shape == Shape.Row && PairColumns.Names.Contains(input.Name));
}
