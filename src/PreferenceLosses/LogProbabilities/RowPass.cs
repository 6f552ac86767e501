using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PreferenceLosses.LogProbabilities;

/// <summary>The memory that a pass over rows reads and writes; one value per row, but for logits and gradients.</summary>
internal unsafe struct RowMemory
{
    public byte* Logits;
    public LogitLayout Layout;

    /// <summary>The label of each row, −1 for one that does not count.</summary>
    public int* Labels;

    /// <summary>The largest logit m.</summary>
    public float* Maxima;

    /// <summary>Σ e^(z − m).</summary>
    public double* Sums;

    /// <summary>log p of the label.</summary>
    public double* Tokens;

    /// <summary>−Σ p·log p; null if it is not wanted.</summary>
    public double* Entropies;

    /// <summary>log Σ p²; null if it is not wanted.</summary>
    public double* LogSquares;

    /// <summary>The weight g of log p in the objective, for the backward pass.</summary>
    public double* Upstream;

    public byte* Gradients;
    public LogitLayout GradientLayout;
}

/// <summary>One pass over some rows, on the widest vectors that the processor has, or on narrower ones.</summary>
internal static class RowPass
{
    /// <summary>The bits of the widest vector that this processor computes with.</summary>
    public static int WidestVector => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    public static void Forward(int bits, in RowMemory memory, int start, int end)
    {
        switch (bits, memory.Layout.Format)
        {
            case (512, LogitFormat.Bf16):
                RowPass<Width512, Vector512<float>, ushort>.Forward(memory, start, end);
                break;
            case (512, _):
                RowPass<Width512, Vector512<float>, float>.Forward(memory, start, end);
                break;
            case (256, LogitFormat.Bf16):
                RowPass<Width256, Vector256<float>, ushort>.Forward(memory, start, end);
                break;
            case (256, _):
                RowPass<Width256, Vector256<float>, float>.Forward(memory, start, end);
                break;
            case (_, LogitFormat.Bf16):
                RowPass<Width128, Vector128<float>, ushort>.Forward(memory, start, end);
                break;
            default:
                RowPass<Width128, Vector128<float>, float>.Forward(memory, start, end);
                break;
        }
    }

    public static void Backward(int bits, in RowMemory memory, int start, int end)
    {
        switch (bits, memory.Layout.Format)
        {
            case (512, LogitFormat.Bf16):
                RowPass<Width512, Vector512<float>, ushort>.Backward(memory, start, end);
                break;
            case (512, _):
                RowPass<Width512, Vector512<float>, float>.Backward(memory, start, end);
                break;
            case (256, LogitFormat.Bf16):
                RowPass<Width256, Vector256<float>, ushort>.Backward(memory, start, end);
                break;
            case (256, _):
                RowPass<Width256, Vector256<float>, float>.Backward(memory, start, end);
                break;
            case (_, LogitFormat.Bf16):
                RowPass<Width128, Vector128<float>, ushort>.Backward(memory, start, end);
                break;
            default:
                RowPass<Width128, Vector128<float>, float>.Backward(memory, start, end);
                break;
        }
    }
}

/// <summary>
/// Rows block by block: a block stays in the first-level cache until it is done with. Single precision and bfloat16 are computed with
/// where they are; half precision is widened block by block, and so is the last block of a row if it has a rest.
/// </summary>
/// <typeparam name="TWidth">The operations of the vector.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
/// <typeparam name="TLogit"><see cref="float"/>, also for half precision, or <see cref="ushort"/> for the bits of bfloat16.</typeparam>
internal static unsafe class RowPass<TWidth, TVector, TLogit>
    where TWidth : IVectorWidth<TVector>
    where TVector : struct
    where TLogit : unmanaged
{
    /// <summary>Logits per block: 8 KiB of single precision.</summary>
    private const int Block = 2048;

    /// <summary>What memory is longer than two blocks, so that they can start at a cache line.</summary>
    private const int CacheLine = 64;

    private static TLogit MinusInfinity => typeof(TLogit) == typeof(float)
        ? Unsafe.BitCast<float, TLogit>(float.NegativeInfinity)
        : Unsafe.BitCast<ushort, TLogit>(0xFF80);

    [SkipLocalsInit]
    public static void Forward(in RowMemory memory, int start, int end)
    {
        var space = stackalloc byte[(Block * sizeof(float)) + CacheLine];
        var buffer = Aligned(space);
        for (var row = start; row < end; row++)
        {
            if (memory.Labels[row] >= 0)
            {
                Forward(memory, row, buffer);
            }
            else
            {
                memory.Tokens[row] = 0;
                if (memory.Entropies != null)
                {
                    memory.Entropies[row] = 0;
                }

                if (memory.LogSquares != null)
                {
                    memory.LogSquares[row] = 0;
                }
            }
        }
    }

    [SkipLocalsInit]
    public static void Backward(in RowMemory memory, int start, int end)
    {
        var space = stackalloc byte[(2 * Block * sizeof(float)) + CacheLine];
        var buffer = Aligned(space);
        for (var row = start; row < end; row++)
        {
            if (memory.Labels[row] >= 0 && memory.Upstream[row] != 0)
            {
                Backward(memory, row, buffer);
            }
            else
            {
                NativeMemory.Clear(
                    LogitElement.Address(memory.Gradients, memory.GradientLayout, row, 0), (nuint)memory.Layout.Vocabulary * (nuint)memory.Layout.Size);
            }
        }
    }

    /// <summary>
    /// One read of the row. A block's exponentials are taken relative to the largest logit so far; where that grows, the sums so far are
    /// brought to the new one.
    /// </summary>
    private static void Forward(in RowMemory memory, int row, TLogit* buffer)
    {
        var vocabulary = memory.Layout.Vocabulary;
        var wantsMore = memory.Entropies != null || memory.LogSquares != null;

        // Not −∞: the difference of two of these is 0, and that of −∞ and any is −∞.
        var maximum = float.MinValue;
        double sum = 0, moments = 0, squares = 0;
        for (var at = 0; at < vocabulary; at += Block)
        {
            var count = Math.Min(Block, vocabulary - at);
            var block = Read(memory.Logits, memory.Layout, row, at, count, buffer);
            count = Whole(count);
            var blockMaximum = RowKernels<TWidth, TVector, TLogit>.Maximum(block, count);
            if (blockMaximum > maximum)
            {
                var fall = (double)maximum - blockMaximum;
                var factor = Math.Exp(fall);
                moments = factor * (moments + (fall * sum));
                squares *= factor * factor;
                sum *= factor;
                maximum = blockMaximum;
            }

            if (wantsMore)
            {
                var sums = RowKernels<TWidth, TVector, TLogit>.SumsOfExponentials(block, count, maximum);
                sum += sums.Exponentials;
                moments += sums.Moments;
                squares += sums.Squares;
            }
            else
            {
                sum += RowKernels<TWidth, TVector, TLogit>.SumOfExponentials(block, count, maximum);
            }
        }

        var logSum = Math.Log(sum);
        memory.Maxima[row] = maximum;
        memory.Sums[row] = sum;
        memory.Tokens[row] = (double)LogitElement.Read(memory.Logits, memory.Layout, row, memory.Labels[row]) - maximum - logSum;
        if (memory.Entropies != null)
        {
            // −Σ p·log p with log p = d − log Σ e^d.
            memory.Entropies[row] = logSum - (moments / sum);
        }

        if (memory.LogSquares != null)
        {
            memory.LogSquares[row] = Math.Log(squares) - (2 * logSum);
        }
    }

    /// <summary>g·(onehot − softmax): one read, and one write that may be in the same place.</summary>
    private static void Backward(in RowMemory memory, int row, TLogit* buffer)
    {
        var vocabulary = memory.Layout.Vocabulary;
        var upstream = memory.Upstream[row];
        var scale = (float)(-upstream / memory.Sums[row]);
        var results = buffer + Block;
        for (var at = 0; at < vocabulary; at += Block)
        {
            var count = Math.Min(Block, vocabulary - at);
            var block = Read(memory.Logits, memory.Layout, row, at, count, buffer);
            var destination = LogitElement.Address(memory.Gradients, memory.GradientLayout, row, at);
            var isDirect = memory.Layout.Format != LogitFormat.Fp16 && count == Whole(count);
            RowKernels<TWidth, TVector, TLogit>.ScaledExponentials(
                block, Whole(count), memory.Maxima[row], scale, isDirect ? (TLogit*)destination : results);
            if (memory.Layout.Format == LogitFormat.Fp16)
            {
                TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(results, count), new Span<Half>(destination, count));
            }
            else if (!isDirect)
            {
                new ReadOnlySpan<TLogit>(results, count).CopyTo(new Span<TLogit>(destination, count));
            }
        }

        var gradient = upstream - (upstream * Math.Exp(memory.Tokens[row]));
        LogitElement.Write(memory.Gradients, memory.GradientLayout, row, memory.Labels[row], (float)gradient);
    }

    /// <summary>A block where it is, or in the buffer, with −∞ up to a whole stride, which adds nothing to any sum.</summary>
    private static TLogit* Read(byte* logits, LogitLayout layout, int row, int at, int count, TLogit* buffer)
    {
        var source = LogitElement.Address(logits, layout, row, at);
        if (layout.Format == LogitFormat.Fp16)
        {
            TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(buffer, count));
        }
        else if (count == Whole(count))
        {
            return (TLogit*)source;
        }
        else
        {
            new ReadOnlySpan<TLogit>(source, count).CopyTo(new Span<TLogit>(buffer, count));
        }

        new Span<TLogit>(buffer + count, Whole(count) - count).Fill(MinusInfinity);
        return buffer;
    }

    /// <summary>The count rounded up to whole strides.</summary>
    private static int Whole(int count) => (count + RowKernels<TWidth, TVector, TLogit>.Stride - 1) & -RowKernels<TWidth, TVector, TLogit>.Stride;

    private static TLogit* Aligned(byte* space) => (TLogit*)(((nuint)space + CacheLine - 1) & ~(nuint)(CacheLine - 1));
}
