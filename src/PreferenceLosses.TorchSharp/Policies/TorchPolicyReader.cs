using PreferenceLosses.Training;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Reads a causal language model: pads sequences, and makes log-probabilities, completions and divergences of logits.</summary>
internal sealed class TorchPolicyReader(nn.Module<Tensor, Tensor> model, TorchPolicyOptions options)
{
    /// <summary>What the model reads, and which tokens belong to a completion; both [B, T].</summary>
    private sealed record Padded(Tensor Tokens, Tensor Mask);

    /// <summary>The numbers of a tensor [n], wherever it is.</summary>
    public static double[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return [.. tensor.detach().to_type(ScalarType.Float64).cpu().data<double>()];
    }

    /// <summary>log π(completion | prompt) of each of at least one sequence; NaN where a row of logits has no softmax.</summary>
    public TensorLogProbabilities LogProbabilities(ReadOnlySpan<TokenSequence> sequences)
    {
        var batch = Pad(sequences);
        var logits = Logits(batch.Tokens);
        try
        {
            return TensorLogProbabilities.FromLogits(logits, batch.Tokens, batch.Mask);
        }
        catch (InvalidBatchException refused) when (refused.Column == "logits")
        {
            // The model has diverged. NaN says so of the sequences that it is true of, and whoever trains has the step and the examples to say more.
            return TensorLogProbabilities.FromLogits(logits, batch.Tokens, batch.Mask, route: LossRoute.Lowered);
        }
    }

    /// <summary>A completion of each prompt, whose randomness comes from a stream of its own.</summary>
    public int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions sampling, Func<int, RandomStream> streams)
    {
        var rows = new (List<int> Tokens, int Start, RandomStream Random)[prompts.Length];
        for (var i = 0; i < prompts.Length; i++)
        {
            CheckTokens(prompts[i].Span);
            var tokens = Beginning(prompts[i].Span);
            if (tokens.Count == 0 || tokens.Count >= options.ContextLength)
            {
                throw new ArgumentException(
                    $"Prompt {i} has {tokens.Count} tokens; 1 to {options.ContextLength - 1} are possible, for something to be drawn within the context.", nameof(prompts));
            }

            rows[i] = (tokens, tokens.Count, streams(i));
        }

        using var nothing = no_grad();
        for (var open = rows; open.Length > 0;)
        {
            using var scope = NewDisposeScope();
            var logits = Logits(tensor(PadTokens([.. open.Select(row => row.Tokens)], out var length), [open.Length, length], ScalarType.Int64, options.Device));
            var last = stack(open.Select((row, i) => logits.select(0, i).select(0, row.Tokens.Count - 1))).to_type(ScalarType.Float64).cpu();
            for (var i = 0; i < open.Length; i++)
            {
                double[] scores = [.. last.select(0, i).data<double>()];
                open[i].Tokens.Add(NextToken.Draw(scores, sampling, open[i].Random));
            }

            open = [.. open.Where(row => row.Tokens[^1] != sampling.EndOfText && row.Tokens.Count - row.Start < sampling.MaximumLength && row.Tokens.Count < options.ContextLength)];
        }

        return [.. rows.Select(row => row.Tokens[row.Start..].ToArray())];
    }

    /// <summary>Σ KL(this ‖ other) of the next token along each completion.</summary>
    public void KlDivergence(TorchPolicyReader other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        using var scope = NewDisposeScope();
        using var nothing = no_grad();
        var own = Logits(Pad(sequences).Tokens);
        var others = other.Logits(other.Pad(sequences).Tokens);
        for (var i = 0; i < sequences.Length; i++)
        {
            // In double precision, and so one sequence at a time: the divergence of a policy that has hardly moved is the small difference of large numbers.
            using var sequenceScope = NewDisposeScope();
            var log = CompletionRows(own, i, sequences[i]);
            var difference = log - other.CompletionRows(others, i, sequences[i]).to(log.device);
            destination[i] = Math.Max(0, (log.exp() * difference).sum().item<double>());
        }
    }

    /// <summary>The log-probabilities of all tokens at each position of a completion, [length, V].</summary>
    private Tensor CompletionRows(Tensor logits, int row, TokenSequence sequence)
    {
        var first = sequence.Prompt.Length + (options.BeginningToken is null ? 0 : 1) - 1;
        return logits.select(0, row).narrow(0, first, sequence.Completion.Length).to_type(ScalarType.Float64).log_softmax(-1);
    }

    private Tensor Logits(Tensor tokens)
    {
        var logits = model.call(tokens);
        return logits.shape.AsSpan().SequenceEqual([tokens.size(0), tokens.size(1), options.VocabularySize])
            ? logits
            : throw new InvalidOperationException(
                $"The model returned [{string.Join(", ", logits.shape)}] for tokens [{string.Join(", ", tokens.shape)}]; logits [B, T, V] are needed, with V = {options.VocabularySize}.");
    }

    private Padded Pad(ReadOnlySpan<TokenSequence> sequences)
    {
        var rows = new List<int>[sequences.Length];
        for (var i = 0; i < sequences.Length; i++)
        {
            var prompt = sequences[i].Prompt.Span;
            var completion = sequences[i].Completion.Span;
            if (completion.IsEmpty)
            {
                throw new ArgumentException($"The completion of sequence {i} is empty.", nameof(sequences));
            }

            CheckTokens(prompt);
            CheckTokens(completion);
            rows[i] = Beginning(prompt);
            if (rows[i].Count == 0)
            {
                throw new ArgumentException(
                    $"The prompt of sequence {i} is empty, and nothing stands before the completion; {nameof(TorchPolicyOptions)}.{nameof(TorchPolicyOptions.BeginningToken)} says what does.", nameof(sequences));
            }

            rows[i].AddRange(completion);
            if (rows[i].Count > options.ContextLength)
            {
                throw new ArgumentException($"Sequence {i} has {rows[i].Count} tokens, and the model reads {options.ContextLength}; cut the examples before ({nameof(Truncation)}).", nameof(sequences));
            }
        }

        var tokens = PadTokens(rows, out var length);
        var mask = new bool[tokens.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var completion = sequences[i].Completion.Length;
            mask.AsSpan((i * length) + rows[i].Count - completion, completion).Fill(true);
        }

        return new(
            tensor(tokens, [rows.Length, length], ScalarType.Int64, options.Device),
            tensor(mask, [rows.Length, length], ScalarType.Bool, options.Device));
    }

    private List<int> Beginning(ReadOnlySpan<int> prompt) => options.BeginningToken is { } token ? [token, .. prompt] : [.. prompt];

    /// <summary>The rows one after the other, each filled up on the right with token 0: what comes after a token does not change what a causal model says of it.</summary>
    private static long[] PadTokens(List<int>[] rows, out int length)
    {
        length = rows.Max(row => row.Count);
        var tokens = new long[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
        {
            for (var t = 0; t < rows[i].Count; t++)
            {
                tokens[(i * length) + t] = rows[i][t];
            }
        }

        return tokens;
    }

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)options.VocabularySize)
            {
                throw new ArgumentException($"There is no token {token}; there are the tokens 0 to {options.VocabularySize - 1}.");
            }
        }
    }
}
