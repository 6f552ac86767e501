namespace PreferenceLosses.Tests.Support;

/// <summary>Pairs in another order.</summary>
internal static class PairColumnsExtensions
{
    /// <summary>Row i is what row <c>order[i]</c> was; rows that are not in the order are left out.</summary>
    public static PairColumns Reordered(this PairColumns columns, int[] order) =>
        PairColumns.From(name => [.. order.Select(row => columns[name][row])]);
}
