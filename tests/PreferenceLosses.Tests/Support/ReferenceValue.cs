using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>A node's values at every row and response, and how far from each a careful computation in some precision may be.</summary>
/// <param name="Shape">The node's shape.</param>
/// <param name="Responses">K.</param>
/// <param name="Values">1, [rows] or [rows · K] values; 0 for an invalid response.</param>
/// <param name="Errors">The same number of bounds; +∞ where a comparison of nearly equal numbers leaves the value open.</param>
internal sealed record ReferenceValue(Shape Shape, int Responses, double[] Values, double[] Errors)
{
    public (double Value, double Error) At(int row, int response)
    {
        var at = Shape switch
        {
            Shape.Scalar => 0,
            Shape.Row => row,
            _ => (row * Responses) + response,
        };
        return (Values[at], Errors[at]);
    }

    /// <summary>How many of the values the reference leaves open; the others are asserted to be within their bounds.</summary>
    public int AssertAgrees(double[] actual, string what)
    {
        Assert.Equal(Values.Length, actual.Length);
        var open = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            if (!double.IsFinite(Errors[i]))
            {
                open++;
                continue;
            }

            var agrees = double.IsFinite(Values[i])
                ? Math.Abs(actual[i] - Values[i]) <= Errors[i]
                : actual[i].Equals(Values[i]);
            Assert.True(agrees, FormattableString.Invariant($"{actual[i]:R} at {i}, expected {Values[i]:R} ± {Errors[i]:G3}: {what}"));
        }

        return open;
    }
}
