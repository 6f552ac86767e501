namespace PreferenceLosses.Execution;

/// <summary>How rows are cut into blocks.</summary>
internal static class Block
{
    /// <summary>
    /// The number of rows in a block: registers of a usual loss stay in the first-level cache. Sums depend on it in the last
    /// digits, so it is the same for every call.
    /// </summary>
    public const int Rows = 256;

    /// <summary>The number of rows in the widest vector that there is: 512 bits of single precision.</summary>
    public const int LongestVector = 16;
}
