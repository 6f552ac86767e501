namespace PreferenceLosses.Tests.Support;

/// <summary>The 31-digit arithmetic that other tests trust, against mpmath at 60 digits.</summary>
public class DoubleDoubleTests
{
    [Theory]
    [InlineData("exp", 0.3, 1.3498588075760032, -9.447314673432387e-17)]
    [InlineData("exp", 2.75, 15.642631884188171, 3.1177950824195657e-16)]
    [InlineData("exp", 40.5, 3.8808469624362035e+17, -27.9768278124273)]
    [InlineData("log", 0.3, -1.2039728043259361, 8.935521583403776e-17)]
    [InlineData("log", 1.0000001, 9.999999505838704e-08, 1.5249709528441489e-24)]
    [InlineData("log", 40.5, 3.7013019741124933, 1.6906915477405407e-16)]
    [InlineData("log", 1e-09, -20.72326583694641, -6.485730665985714e-16)]
    [InlineData("expm1", 0.3, 0.3498588075760031, 1.6549155728191776e-17)]
    [InlineData("expm1", 1e-09, 1.0000000005000001e-09, -7.443897403844588e-26)]
    [InlineData("tanh", 0.3, 0.2913126124515909, -6.4602656586469586e-18)]
    [InlineData("tanh", 1e-09, 1e-09, -3.3333333333333338e-28)]
    [InlineData("log1mexp", -1e-09, -20.723265837446412, 1.1691956249367503e-15)]
    [InlineData("log1mexp", -0.5, -0.9327521295671886, -1.261646187271656e-17)]
    [InlineData("log1mexp", -40, -4.248354255291589e-18, -1.3339896496568482e-34)]
    public void A_function_has_at_least_25_digits(string function, double x, double high, double low)
    {
        var value = function switch
        {
            "exp" => DoubleDouble.Exp(x),
            "log" => DoubleDouble.Log(x),
            "expm1" => DoubleDouble.Expm1(x),
            "tanh" => DoubleDouble.Tanh(x),
            _ => DoubleDouble.Log1mExp(x),
        };
        Assert.Equal(high, value.High);
        Assert.Equal(low, value.Low, 1e-25 * Math.Abs(high));
    }

    [Fact]
    public void Arithmetic_keeps_what_doubles_lose()
    {
        var third = (DoubleDouble)1 / 3;
        Assert.Equal((1.0 / 3, 1.850371707708594e-17), (third.High, third.Low));
        Assert.Equal(0, (third * 3).High - 1);
        Assert.Equal(1e-20, ((DoubleDouble)1 + 1e-20 - 1).High);
        Assert.Equal(1, new DoubleDouble(1, 0).UlpsTo(Math.BitIncrement(1)));
        Assert.Equal(0.75, new DoubleDouble(1, Math.Pow(2, -54)).UlpsTo(Math.BitIncrement(1)));
    }
}
