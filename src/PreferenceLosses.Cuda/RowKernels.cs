using PreferenceLosses.Cuda.Driver;

namespace PreferenceLosses.Cuda;

/// <summary>What the forward pass has of a row beside its log-probability.</summary>
internal enum RowExtra
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The entropy, in nats.</summary>
    Entropy,

    /// <summary>log Σ p², in nats.</summary>
    LogSquares,
}

/// <summary>The committed kernels from logits to log-probabilities and back: their text and what they are called.</summary>
internal static class RowKernels
{
    /// <summary>The number of threads of a block; a block does one row, a part of one, or one sequence.</summary>
    public const int Threads = 256;

    /// <summary>The number of threads of a block that combines the parts of a row.</summary>
    public const int CombiningThreads = 32;

    /// <summary>What a block leaves of its part of a row: three single-precision numbers.</summary>
    public const int BytesOfPart = 12;

    /// <summary>About as many blocks as the largest devices run at a time: with fewer rows than that, several blocks share one.</summary>
    private const int SharingBlocks = 512;

    /// <summary>So many logits a part has at least: of fewer, adding up over the block would be most of the work.</summary>
    private const int LogitsOfPart = 4096;

    /// <summary>The kernel that adds up the tokens of each sequence.</summary>
    public const string SumSequences = "sum_sequences";

    /// <summary>The kernel that gives each row the derivative of its sequence's sum.</summary>
    public const string SpreadUpstream = "spread_upstream";

    /// <summary>The kernel of WPO's weight of each sequence.</summary>
    public const string WeighSequences = "weigh_sequences";

    /// <summary>The kernel that adds up the tokens of each sequence of a pair, with a share of what it is longer by.</summary>
    public const string SumPairsSplit = "sum_pairs_split";

    /// <summary>The kernel of the derivative of those sums.</summary>
    public const string SpreadUpstreamSplit = "spread_upstream_split";

    /// <summary>The module.</summary>
    public static ModuleText Module => Resource.Value;

    /// <summary>Its PTX text.</summary>
    public static string Text => Module.Ptx;

    private static readonly Lazy<ModuleText> Resource = new(() =>
    {
        using var stream = typeof(RowKernels).Assembly.GetManifestResourceStream("logits.ptx")!;
        using var reader = new StreamReader(stream);
        return new ModuleText(reader.ReadToEnd());
    });

    /// <summary>The number of blocks that share a row; it depends on nothing of the device, so that no result does.</summary>
    public static int Parts(int rows, int vocabulary) => Math.Max(1, Math.Min(SharingBlocks / rows, vocabulary / LogitsOfPart));

    /// <summary>The kernel of the forward pass: token log-probabilities, maxima and log-sums per row, and what else is wanted.</summary>
    public static string Forward(LogitFormat format, RowExtra extra) => $"forward_{Name(extra)}{(extra == RowExtra.None ? "" : "_")}{Suffix(format)}";

    /// <summary>The kernel that combines the parts of each row.</summary>
    public static string CombineParts(RowExtra extra) => $"combine_parts{(extra == RowExtra.None ? "" : "_")}{Name(extra)}";

    /// <summary>The kernel of the backward pass, in place or elsewhere.</summary>
    public static string Backward(LogitFormat format) => "backward_" + Suffix(format);

    private static string Name(RowExtra extra) => extra switch
    {
        RowExtra.Entropy => "entropy",
        RowExtra.LogSquares => "squares",
        _ => "",
    };

    private static string Suffix(LogitFormat format) => format switch
    {
        LogitFormat.Bf16 => "bf16",
        LogitFormat.Fp16 => "fp16",
        _ => "fp32",
    };
}
