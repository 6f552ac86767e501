using System.Globalization;
using System.Numerics;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Execution;

/// <summary>
/// The error of the single-precision functions in units in the last place of the correctly rounded result, against double
/// precision (which is exact to 1e-9 of such a unit): on a sample here; in the long checks on every number there is for the
/// two functions in every loss, and on a denser sample for the others.
/// </summary>
public class VectorFunctionTests(ITestOutputHelper output)
{
    private const int SampleStep = 4099;   // prime: no pattern in the bits

    [Theory]
    [MemberData(nameof(Functions))]
    public void Sampled_errors_are_within_the_claim(string name) => Check(name, SampleStep);

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Functions))]
    public void Errors_are_within_the_claim_everywhere(string name) => Check(name, name is "exp" or "log1p of unit" ? 1 : 31);

    public static TheoryData<string> Functions() => new(All.Keys);

    /// <summary>Function, reference, claimed bound in units in the last place, and where it is defined.</summary>
    private static Dictionary<string, (Func<Vector<float>, Vector<float>> Vector, Func<double, double> Exact, double Bound, Func<float, bool> Domain)> All { get; } = new()
    {
        ["exp"] = (VectorFunctions.Exp, Math.Exp, 1, _ => true),
        ["log"] = (VectorFunctions.Log, Math.Log, 2, _ => true),
        ["log1p"] = (VectorFunctions.Log1p, ScalarFunctions.Log1p, 4, x => x > -1),
        ["log1p of unit"] = (VectorFunctions.Log1pOfUnit, ScalarFunctions.Log1p, 2, x => x is >= 0 and <= 1),
        ["expm1"] = (VectorFunctions.Expm1, ScalarFunctions.Expm1, 4, _ => true),
        ["log1mexp"] = (VectorFunctions.Log1mExp, ScalarFunctions.Log1mExp, 4, x => x <= 0),
    };

    private void Check(string name, int step)
    {
        var (function, exact, bound, domain) = All[name];
        var gate = new object();
        var worst = (Units: 0.0, At: 0f, Actual: 0f);
        const int chunks = 64;
        Parallel.For(0, chunks, chunk =>
        {
            var local = (Units: 0.0, At: 0f, Actual: 0f);
            var inputs = new float[Vector<float>.Count];
            var first = (uint)((1L << 32) * chunk / chunks);
            var last = (1L << 32) * (chunk + 1) / chunks;
            for (long bits = first; bits < last; bits += (long)step * inputs.Length)
            {
                for (var i = 0; i < inputs.Length; i++)
                {
                    inputs[i] = BitConverter.UInt32BitsToSingle((uint)(bits + ((long)i * step)));
                }

                // Nothing to see in a vector outside of the domain: a quarter of all numbers are in [0, 1].
                if (!domain(inputs[0]) && !domain(inputs[^1]))
                {
                    continue;
                }

                var actual = function(new Vector<float>(inputs));
                for (var i = 0; i < inputs.Length; i++)
                {
                    if (domain(inputs[i]))
                    {
                        var units = Error(actual[i], exact(inputs[i]));
                        local = units > local.Units ? (units, inputs[i], actual[i]) : local;
                    }
                }
            }

            lock (gate)
            {
                worst = local.Units > worst.Units ? local : worst;
            }
        });

        var message = string.Create(CultureInfo.InvariantCulture, $"{name}: {worst.Units:F3} ulp at {worst.At:R}, where it gives {worst.Actual:R}");
        output.WriteLine(message);
        Assert.True(worst.Units <= bound, message);
    }

    /// <summary>The error in units in the last place of the result; infinite if one is NaN or infinite and the other is not.</summary>
    private static double Error(float actual, double exact)
    {
        var rounded = (float)exact;
        if (actual.Equals(rounded) || (actual == 0 && rounded == 0))
        {
            return actual == exact || !float.IsFinite(actual) ? 0 : Math.Abs(actual - exact) / Unit(rounded);
        }

        // At the edge of the range, the largest number and infinity are one unit apart.
        if (float.IsInfinity(actual) != float.IsInfinity(rounded) && Math.Abs(exact) > float.MaxValue * (1 - 1e-6) && Math.Abs(exact) < float.MaxValue * (1 + 1e-6))
        {
            return 1;
        }

        return float.IsFinite(actual) && float.IsFinite(rounded) ? Math.Abs(actual - exact) / Unit(rounded) : double.PositiveInfinity;
    }

    private static double Unit(float x) => (double)MathF.BitIncrement(Math.Abs(x)) - Math.Abs(x);
}
