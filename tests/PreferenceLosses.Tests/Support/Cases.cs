using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace PreferenceLosses.Tests.Support;

/// <summary>Cases of properties as text that can be pasted into a test.</summary>
internal static class Cases
{
    public static string Describe(object? value) => value switch
    {
        null => "null",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        PairColumns pairs => $"new PairColumns({string.Join(", ", PairColumns.Names.Select(name => Describe(pairs[name])))})",
        string text => text,
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Describe))}]",
        ITuple tuple => $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => Describe(tuple[i])))})",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
