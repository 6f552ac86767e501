using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Losses;

/// <summary>The accepted values of a hyper-parameter, at the ends.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void Only_finite_numbers_are_accepted_even_if_the_ends_say_otherwise()
    {
        var everything = new Bounds(double.NegativeInfinity, true, double.PositiveInfinity, true);
        Assert.False(everything.Contains(double.PositiveInfinity));
        Assert.False(everything.Contains(double.NegativeInfinity));
        Assert.False(everything.Contains(double.NaN));
        Assert.True(everything.Contains(double.MaxValue));
    }

    [Fact]
    public void Between_two_numbers_both_are_included()
    {
        var unit = Bounds.Between(0, 0.5);
        Assert.Equal(new Bounds(0, true, 0.5, true), unit);
        Assert.True(unit.Contains(0) && unit.Contains(0.5));
        Assert.False(unit.Contains(-double.Epsilon) || unit.Contains(Math.BitIncrement(0.5)));
        Assert.Equal("a finite number, 0 or greater and at most 0.5", unit.ToString());
    }
}
