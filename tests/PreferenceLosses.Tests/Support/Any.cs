using FsCheck;
using FsCheck.Fluent;

namespace PreferenceLosses.Tests.Support;

/// <summary>Generators of finite, realistic batches and numbers, with shrinkers.</summary>
/// <remarks>
/// Log-probabilities are multiples of 2⁻³⁰ below 2¹² in size: every difference of them is exact in double precision, so an
/// invariance can be asserted bit for bit.
/// </remarks>
internal static class Any
{
    /// <summary>From 2⁻¹⁰ to 2¹⁰, that is about 1e-3 to 1e3.</summary>
    private static readonly Gen<double> Scale = Gen.Choose(-10, 10).Select(exponent => Math.ScaleB(1, exponent));

    /// <summary>In [−1, 1], every tenth one 0.</summary>
    private static readonly Gen<double> Fraction = Gen.Frequency(
        (1, Gen.Constant(0.0)),
        (9, Gen.Choose(-(1 << 20), 1 << 20).Select(numerator => numerator / (double)(1 << 20))));

    private static readonly Gen<double> LogProbability = Gen.Choose(-500 * 1024, 0).Select(numerator => numerator / 1024.0);

    /// <summary>A log-ratio difference ρ of either sign, 0 included, from 1e-3 to 1e3 nats in size.</summary>
    public static Arbitrary<double> Difference { get; } = Arb.From(
        from scale in Scale
        from fraction in Fraction
        select scale * fraction,
        Simpler);

    /// <summary>A finite number of any size that a trainer may have a use for.</summary>
    public static Arbitrary<double> Positive { get; } = Arb.From(
        from scale in Scale
        from numerator in Gen.Choose(1, 1 << 20)
        select scale * numerator / (1 << 20),
        value => Simpler(value).Where(simpler => simpler > 0));

    /// <summary>Hyper-parameters between 0.01 and 2.</summary>
    public static Arbitrary<double> Beta { get; } = Arb.From(Gen.Choose(10, 2000).Select(thousandths => thousandths / 1000.0));

    /// <summary>Exponents of a power of two to scale by.</summary>
    public static Arbitrary<int> Exponent { get; } = Arb.From(Gen.Choose(-6, 6), exponent => exponent == 0 ? [] : [exponent - Math.Sign(exponent)]);

    /// <summary>Log-probabilities from −500 to 0, and a policy from 1e-3 to 1e3 nats about the reference, the same for all rows.</summary>
    public static Arbitrary<PairColumns> Pairs(int minimum = 1, int maximum = 8) => Arb.From(
        from rows in Gen.Choose(minimum, maximum)
        from scale in Scale
        from chosen in Gen.ArrayOf(LogProbability, rows)
        from rejected in Gen.ArrayOf(LogProbability, rows)
        from towardsChosen in Gen.ArrayOf(Fraction, rows)
        from towardsRejected in Gen.ArrayOf(Fraction, rows)
        select new PairColumns(
            [.. chosen.Select((reference, i) => reference + (scale * towardsChosen[i]))],
            [.. rejected.Select((reference, i) => reference + (scale * towardsRejected[i]))],
            chosen,
            rejected),
        pairs => Simpler(pairs, minimum));

    /// <summary>Both of two cases.</summary>
    public static Arbitrary<(T1 First, T2 Second)> And<T1, T2>(this Arbitrary<T1> first, Arbitrary<T2> second) => Arb.From(
        from a in first.Generator
        from b in second.Generator
        select (a, b),
        both => first.Shrinker(both.a).Select(simpler => (simpler, both.b))
            .Concat(second.Shrinker(both.b).Select(simpler => (both.a, simpler))));

    /// <summary>Cases for which a condition holds.</summary>
    public static Arbitrary<T> Where<T>(this Arbitrary<T> cases, Func<T, bool> condition) => Arb.Filter(cases, condition);

    /// <summary>0, whole numbers, and smaller ones.</summary>
    private static IEnumerable<double> Simpler(double value)
    {
        if (value == 0)
        {
            yield break;
        }

        yield return 0;
        if (value != Math.Truncate(value))
        {
            yield return Math.Truncate(value);
        }
        else if (Math.Abs(value) > 1)
        {
            yield return Math.Truncate(value / 2);
            yield return value - Math.Sign(value);
        }
    }

    /// <summary>Fewer rows, then a policy equal to the reference, then simpler numbers.</summary>
    private static IEnumerable<PairColumns> Simpler(PairColumns pairs, int minimum)
    {
        for (var row = 0; row < pairs.Rows && pairs.Rows > minimum; row++)
        {
            yield return pairs.Select(i => i != row);
        }

        foreach (var column in PairColumns.Names)
        {
            for (var row = 0; row < pairs.Rows; row++)
            {
                foreach (var simpler in Simpler(pairs[column][row]))
                {
                    var values = (double[])pairs[column].Clone();
                    values[row] = simpler;
                    yield return pairs.With(column, values);
                }
            }
        }
    }
}
