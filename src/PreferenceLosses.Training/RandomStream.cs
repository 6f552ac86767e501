using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PreferenceLosses.Training;

/// <summary>
/// Random numbers from a seed: the same on every machine and with every version of .NET, and continued from where they were saved. Not safe to share
/// between threads; give each one a <see cref="Fork"/>.
/// </summary>
/// <remarks>
/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014): the state is a counter with an odd step, the output a hash
/// of the state. The whole state is one number, which is what a checkpoint keeps. It is no source of secrets.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A stream of random numbers, as the literature says; no stream of bytes.")]
public sealed class RandomStream
{
    // 2⁶⁴ divided by the golden ratio, to the next odd number: the step of the paper.
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>A stream that begins at a seed; different seeds give unrelated numbers.</summary>
    /// <param name="seed">Any number. The <see cref="State"/> of another stream continues that one.</param>
    public RandomStream(ulong seed) => State = seed;

    /// <summary>Where the stream is. Setting it to what it once was repeats the numbers from there.</summary>
    public ulong State { get; set; }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(State += Step);

    /// <summary>A number that is at least 0 and below 1, a multiple of 2⁻⁵³, each equally likely.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number that is at least 0 and below a bound, each exactly equally likely.</summary>
    /// <param name="bound">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bound is below 1.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);

        // The upper half of bound × 64 bits. The 2⁶⁴ mod bound smallest lower halves would favour some numbers and are drawn again
        // (Lemire, Fast Random Integer Generation in an Interval, 2019).
        var range = (ulong)bound;
        var high = Math.BigMul(NextUInt64(), range, out var low);
        if (low < range)
        {
            var excess = (0 - range) % range;
            while (low < excess)
            {
                high = Math.BigMul(NextUInt64(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>A number of the normal distribution with mean 0 and variance 1. Its last digits are those of the machine's logarithm and cosine.</summary>
    public double NextGaussian()
    {
        // Box and Muller. The second number of the pair is not kept, because then State would not be the whole state. 1 − u is never 0.
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>
    /// A stream of its own for a purpose, a thread or an epoch: different keys give unrelated numbers, equal ones the same. This stream stays where it is.
    /// </summary>
    /// <param name="key">What tells the forks of this state from each other.</param>
    public RandomStream Fork(ulong key) => new(Mix(Mix(State) ^ BitOperations.RotateLeft(Mix(key + Step), 32)));

    /// <summary>The numbers from 0 to one below a count in random order, every order equally likely: a shuffle of one epoch.</summary>
    /// <param name="count">How many; may be 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public int[] NextPermutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            // Fisher and Yates from the inside: number i takes a random place among the i + 1 first, and what stood there moves to the end.
            var place = NextInt(i + 1);
            order[i] = order[place];
            order[place] = i;
        }

        return order;
    }

    // Stafford's thirteenth variant of the finalizer of MurmurHash3, as the paper has it: one to one on 64 bits.
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
