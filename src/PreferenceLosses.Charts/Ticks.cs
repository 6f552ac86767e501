using System.Collections.Immutable;
using System.Globalization;

namespace PreferenceLosses.Charts;

/// <summary>A place on an axis with a number.</summary>
internal readonly record struct Tick(double Value, string Label);

/// <summary>
/// Where the numbers of an axis stand: at multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis at powers of ten, with 2 and 5 between them where there is
/// room. On one that spans less than its ticks need, at the places of a linear one.
/// </summary>
internal static class Ticks
{
    // 0.3 / 0.1 is a little less than 3: a tick at the very end of the axis is on it.
    private const double AtTheEnd = 1e-9;

    private static readonly string[] SiPrefixes = ["", "k", "M", "G", "T"];

    /// <summary>The ticks of a linear axis.</summary>
    /// <param name="low">Where it begins.</param>
    /// <param name="high">Where it ends, above <paramref name="low"/>.</param>
    /// <param name="most">The most ticks there is room for, 2 at least.</param>
    public static ImmutableArray<Tick> Linear(double low, double high, int most)
    {
        // The step is a mantissa and an exponent, and ticks are whole multiples of it, so that no tick is 0.30000000000000004.
        var exponent = (int)Math.Floor(Math.Log10((high / most) - (low / most)));
        ImmutableArray<Tick> ticks = [];
        foreach (var (mantissa, power) in new[] { (1, exponent), (2, exponent), (5, exponent), (1, exponent + 1), (2, exponent + 1), (5, exponent + 1) })
        {
            var step = Scaled(mantissa, power);
            var (first, last) = (Math.Ceiling((low / step) - AtTheEnd), Math.Floor((high / step) + AtTheEnd));
            if (last - first < 1)
            {
                // One number says nothing about the scale: rather the step before, with a tick more than there is room for.
                break;
            }

            ticks = Labelled([.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Scaled((first + i) * mantissa, power))], power);
            if (ticks.Length <= most)
            {
                break;
            }
        }

        return ticks;
    }

    /// <summary>The ticks of a logarithmic axis.</summary>
    /// <param name="low">Where it begins, above 0.</param>
    /// <param name="high">Where it ends, above <paramref name="low"/>.</param>
    /// <param name="most">The most ticks there is room for, 2 at least.</param>
    public static ImmutableArray<Tick> Logarithmic(double low, double high, int most)
    {
        var (first, last) = ((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high)));
        foreach (var mantissas in new[] { new[] { 1, 2, 5 }, [1, 3], [1] })
        {
            var values = Enumerable.Range(first, last - first + 1)
                .SelectMany(power => mantissas.Select(mantissa => Scaled(mantissa, power)))
                .Where(value => value >= low && value <= high)
                .ToArray();
            if (values.Length < 3 && mantissas.Length == 3)
            {
                return Linear(low, high, most);
            }

            if (values.Length <= most)
            {
                return Powers(values);
            }
        }

        var stride = (int)Math.Ceiling((last - first + 1) / (double)most);
        return Powers(
        [
            .. Enumerable.Range(first, last - first + 1)
                .Where(power => power % stride == 0)
                .Select(power => Scaled(1, power))
                .Where(value => value >= low && value <= high),
        ]);
    }

    /// <summary>The small marks between powers of ten, at 2 to 9 times each, if they are not too close.</summary>
    public static IEnumerable<double> Minor(double low, double high)
    {
        var (first, last) = ((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high)));
        return last - first > 8
            ? []
            : Enumerable.Range(first, last - first + 1)
                .SelectMany(power => Enumerable.Range(1, 9).Select(mantissa => Scaled(mantissa, power)))
                .Where(value => value >= low && value <= high);
    }

    // Parsed, because 3 × 10⁻¹ multiplied is 0.30000000000000004.
    private static double Scaled(double multiple, int power) =>
        double.Parse(string.Create(CultureInfo.InvariantCulture, $"{multiple:F0}E{power}"), CultureInfo.InvariantCulture);

    private static ImmutableArray<Tick> Labelled(double[] values, int power)
    {
        var largest = values.Length == 0 ? 0 : values.Max(Math.Abs);
        var exponent = largest == 0 ? 0 : (int)Math.Floor(Math.Log10(largest));
        if (largest != 0 && exponent is < -4 or >= 15)
        {
            // One exponent for all, with the digits that the step has.
            return [.. values.Select(value => new Tick(value, value == 0 ? "0" : $"{Fixed(value / Math.Pow(10, exponent), exponent - power)}e{Fixed(exponent, 0)}"))];
        }

        var prefix = exponent >= 4 ? exponent / 3 : 0;
        return [.. values.Select(value => new Tick(value, value == 0 ? "0" : Fixed(value / Math.Pow(1000, prefix), (3 * prefix) - power) + SiPrefixes[prefix]))];
    }

    /// <summary>Ticks of a logarithmic axis: as numbers, if all of them can be read as such, else as powers of ten.</summary>
    private static ImmutableArray<Tick> Powers(double[] values)
    {
        var arePlain = values.All(value => value is >= 1e-4 and < 1e15);
        return [.. values.Select(value => new Tick(value, PowerLabel(value, arePlain)))];
    }

    private static string PowerLabel(double value, bool isPlain)
    {
        // The logarithm of a power of ten may be a little below the whole number.
        var power = (int)Math.Floor(Math.Log10(value) + 1e-9);
        if (isPlain)
        {
            var prefix = power >= 4 ? power / 3 : 0;
            return Fixed(value / Math.Pow(1000, prefix), Math.Max(0, -power)) + SiPrefixes[prefix];
        }

        var mantissa = (int)Math.Round(value / Scaled(1, power));
        var superscript = string.Concat(power.ToString(CultureInfo.InvariantCulture).Select(digit => digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0']));
        return (mantissa == 1 ? "10" : $"{mantissa}·10") + superscript;
    }

    /// <summary>With a minus sign that is as wide as a digit, and as many decimals as are needed.</summary>
    private static string Fixed(double value, int decimals)
    {
        var text = value.ToString("F" + Math.Clamp(decimals, 0, 12).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.Replace('-', '−');
    }
}
