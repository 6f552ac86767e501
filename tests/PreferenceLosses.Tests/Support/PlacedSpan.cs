using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>A span that starts at any place in memory, with guards around it: alignment is luck, and what lies beside it stays.</summary>
internal sealed class PlacedSpan<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Margin = 16;

    private readonly T[] memory;
    private readonly int start;
    private readonly int length;

    /// <summary>Memory of a length, filled with what no result is.</summary>
    public PlacedSpan(int length, int offset)
    {
        this.length = length;
        start = Margin + offset;
        memory = new T[length + offset + (2 * Margin)];
        memory.AsSpan().Fill(Guard);
    }

    /// <summary>A copy of a column, rounded to the precision.</summary>
    public PlacedSpan(double[] values, int offset)
        : this(values.Length, offset) => PairColumns.Convert<T>(values).CopyTo(Span);

    private static T Guard { get; } = T.CreateTruncating(-12345.678);

    public Span<T> Span => memory.AsSpan(start, length);

    public Memory<T> Memory => memory.AsMemory(start, length);

    public double[] Values => [.. Span.ToArray().Select(double.CreateTruncating)];

    public void AssertNothingBesideWasWritten()
    {
        Assert.True(memory.AsSpan(0, start).IndexOfAnyExcept(Guard) < 0, "Something was written before a span.");
        Assert.True(memory.AsSpan(start + length).IndexOfAnyExcept(Guard) < 0, "Something was written after a span.");
    }
}
