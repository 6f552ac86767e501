using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>What a ranked loss is a function of; one value per response, in nats.</summary>
public sealed class ResponseInputs
{
    internal ResponseInputs()
    {
    }

    /// <summary>log π(response).</summary>
    public Expr Policy { get; } = Input(Columns.Policy, Shape.Responses, differentiable: true);

    /// <summary>log π_ref(response).</summary>
    public Expr Reference { get; } = Input(Columns.Reference, Shape.Responses, differentiable: true);

    /// <summary>Tokens of the response.</summary>
    public Expr Length { get; } = Input(Columns.Length, Shape.Responses, differentiable: false);

    /// <summary>Score of the response.</summary>
    public Expr Score { get; } = Input(Columns.Score, Shape.Responses, differentiable: false);

    /// <summary>c = log π(response) − log π_ref(response).</summary>
    public Expr LogRatio => Named("c", Policy - Reference);

    /// <summary>a = log π(response) / |response|.</summary>
    public Expr Average => Named("a", Policy / Length);

    /// <summary>0, 1, … over the valid responses, in their order.</summary>
    public Expr Place { get; } = CumulativeSum(Broadcast(1, Shape.Responses), Axis.Responses) - 1;

    /// <summary>1 for the first valid responses, else 0.</summary>
    /// <param name="count">How many.</param>
    public Expr IsAmongFirst(int count) => Place < count - 0.5;

    /// <summary>1 where a valid response stands some places later, else 0.</summary>
    /// <param name="places">How many places later.</param>
    public Expr HasLater(int places) => Place < ResponseCount - (places + 0.5);

    /// <summary>softmax(score / T) over the valid responses.</summary>
    /// <param name="temperature">T.</param>
    public Expr ScoreShare(Expr temperature)
    {
        var scaled = Score / temperature;
        return Named("y", Exp(scaled - LogSumExp(scaled, Axis.Responses)));
    }

    /// <summary>The values in descending order of the scores; equal scores keep their order.</summary>
    /// <param name="values">One value per response.</param>
    public Expr BestFirst(Expr values) => SortBy(values, key: -Score, Axis.Responses);

    /// <summary>At each place the value that stands some places later; at the last ones, the first values.</summary>
    /// <param name="values">One value per response.</param>
    /// <param name="places">How many places later; fewer than there are responses.</param>
    public Expr Later(Expr values, int places) =>
        SortBy(values, key: Where(IsAmongFirst(places), Place + ResponseCount, Place), Axis.Responses);
}
