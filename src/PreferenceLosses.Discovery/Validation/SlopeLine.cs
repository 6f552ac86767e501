using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation.Rungs;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>The slope of a loss on a line of rows from quite wrong to quite right, and what it means in words.</summary>
/// <param name="Variable">What grows along the line: "rho".</param>
/// <param name="Row">What a row is: "pair".</param>
/// <param name="At">The variable at each row, ascending.</param>
/// <param name="Slopes">The derivative of each row's loss by the variable.</param>
internal sealed record SlopeLine(string Variable, string Row, double[] At, double[] Slopes)
{
    /// <summary>A slope below this share of the steepest is as good as none.</summary>
    private const double Flat = 0.01;

    private double Steepest => Slopes.Max(Math.Abs);

    /// <summary>Where the loss falls and rises, and what it does at both ends.</summary>
    /// <param name="isCoupled">Whether the rows see each other, so that what is said holds of this batch.</param>
    public IEnumerable<string> Sentences(bool isCoupled)
    {
        var range = $"{Variable} from {FiniteRung.Number(At[0])} to {FiniteRung.Number(At[^1])}";
        var line = isCoupled ? $"In a batch of {Row}s with {range}" : $"For {range}";
        var rising = Enumerable.Range(0, Slopes.Length).Where(Rises).ToArray();
        yield return rising.Length == 0
            ? $"{line} the loss never rises with {Variable}: no {Row} is pushed the wrong way."
            : $"{line} the loss rises with {Variable}, so that {Row}s are pushed back, {string.Join(" and ", Runs(rising).Select(run => $"from {FiniteRung.Number(At[run.First])} to {FiniteRung.Number(At[run.Last])}"))}.";
        yield return Math.Abs(Slopes[0]) <= Flat * Steepest
            ? $"It is nearly flat where {Row}s are quite wrong ({Variable} = {FiniteRung.Number(At[0])}): such {Row}s teach next to nothing and stay wrong."
            : $"At {Variable} = {FiniteRung.Number(At[0])} its slope is {FiniteRung.Number(Slopes[0])}.";
        yield return Math.Abs(Slopes[^1]) <= Flat * Steepest
            ? $"It is nearly flat where {Row}s are quite right ({Variable} = {FiniteRung.Number(At[^1])}): it lets go of such {Row}s."
            : $"At {Variable} = {FiniteRung.Number(At[^1])} its slope is still {FiniteRung.Number(Slopes[^1])}.";
    }

    /// <summary>The intervals of the line, at or below 0, within which the loss has a minimum: rows come to rest there that are wrong.</summary>
    public IEnumerable<(double From, double To)> WrongMinima() =>
        from i in Enumerable.Range(0, Slopes.Length - 1)
        where Slopes[i] < -Least && Rises(i + 1) && At[i + 1] <= 0
        select (At[i], At[i + 1]);

    /// <summary>Below this a slope is rounding.</summary>
    private double Least => 1e-12 * Steepest;

    private bool Rises(int i) => Slopes[i] > Least;

    /// <summary>Numbers in a row as runs.</summary>
    private static IEnumerable<(int First, int Last)> Runs(int[] numbers)
    {
        var first = 0;
        for (var i = 1; i <= numbers.Length; i++)
        {
            if (i == numbers.Length || numbers[i] != numbers[i - 1] + 1)
            {
                yield return (numbers[first], numbers[i - 1]);
                first = i;
            }
        }
    }
}
