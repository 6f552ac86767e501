using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The label of every row of [B, T] logits, after the shift.</summary>
internal sealed class TokenRows
{
    public TokenRows(Tensor tokens, Tensor? mask)
    {
        (Sequences, Length) = (checked((int)tokens.size(0)), checked((int)tokens.size(1)));
        Labels = new int[checked(Sequences * Length)];
        Array.Fill(Labels, TokenSequences.IgnoredLabel);
        using var scope = NewDisposeScope();
        var read = FusedLoss.Values<long>(tokens.contiguous());
        var counts = mask is null ? [] : FusedLoss.Values<bool>(mask.to_type(ScalarType.Bool).contiguous());
        for (var row = 0; row < Labels.Length; row++)
        {
            if ((row + 1) % Length != 0 && (mask is null || counts[row + 1]) && read[row + 1] != TokenSequences.IgnoredLabel)
            {
                // What no int can hold is in no vocabulary either.
                Labels[row] = (int)Math.Clamp(read[row + 1], int.MinValue, int.MaxValue);
            }
        }

        GC.KeepAlive(tokens);
    }

    public int Sequences { get; }

    public int Length { get; }

    /// <summary>The token that each row predicts, or <see cref="TokenSequences.IgnoredLabel"/>; [B·T].</summary>
    public int[] Labels { get; }

    /// <summary>Where sequences start; [B + 1].</summary>
    public int[] Offsets => [.. Enumerable.Range(0, Sequences + 1).Select(s => s * Length)];
}
