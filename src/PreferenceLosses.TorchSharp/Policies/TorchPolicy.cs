using PreferenceLosses.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>
/// A causal language model of TorchSharp with an optimizer of TorchSharp, as <c>Trainer</c> and the evaluations of PreferenceLosses.Training see it.
/// </summary>
/// <remarks>
/// <para>
/// The model is any module from token ids [B, T], of type int64, to logits [B, T, V], in which the logits at position t depend on the tokens up to t only: sequences of a
/// batch are padded on the right, and no mask is passed. It is in evaluation mode always, so that dropout does nothing: a log-ratio of two models with dropout is mostly noise.
/// </para>
/// <para>
/// On the CPU a run that is resumed gives the weights of one that was not interrupted, bit for bit, with the same number of threads of libtorch. Scores of a sequence
/// depend in their last digits on what else is in its batch. Drawing reads the whole sequence again for every token: there is no cache of keys and values.
/// </para>
/// <para>A parameter whose <c>requires_grad</c> is false is frozen, in copies too: it gets no gradient, and no step changes it.</para>
/// <para>One training step at a time; reading is safe from several threads while nobody trains.</para>
/// </remarks>
public sealed class TorchPolicy : ITrainablePolicy
{
    private readonly Func<nn.Module<Tensor, Tensor>> another;
    private readonly TorchPolicyReader reader;
    private OptimizerHelper? optimizer;
    private bool isDisposed;

    /// <summary>A policy of a model as it is now.</summary>
    /// <param name="model">The model with its weights, in single precision. It belongs to the policy from now on, which moves it to its device, sets it to evaluation mode and disposes of it.</param>
    /// <param name="another">Makes another model of the same architecture; its weights do not matter. TorchSharp cannot copy a module, and a reference is a copy.</param>
    /// <param name="options">What is to be known of the model.</param>
    /// <exception cref="ArgumentException">A weight is not in single precision, or the beginning token does not exist.</exception>
    public TorchPolicy(nn.Module<Tensor, Tensor> model, Func<nn.Module<Tensor, Tensor>> another, TorchPolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(another);
        ArgumentNullException.ThrowIfNull(options);
        if (options.BeginningToken is { } token && (uint)token >= (uint)options.VocabularySize)
        {
            throw new ArgumentException($"There is no token {token} to begin with; there are the tokens 0 to {options.VocabularySize - 1}.", nameof(options));
        }

        if (model.named_parameters().FirstOrDefault(named => named.parameter.dtype != ScalarType.Float32) is { parameter: not null } other)
        {
            throw new ArgumentException(
                $"The weight '{other.name}' is of type {other.parameter.dtype}; Float32 is needed. {nameof(TorchPolicyOptions)}.{nameof(TorchPolicyOptions.Precision)} says what is computed in.", nameof(model));
        }

        Model = model;
        Options = options;
        this.another = another;
        model.to(options.Device);
        model.eval();
        Computing = model;
        if (options.Precision != ScalarType.Float32)
        {
            Computing = MakeAnother();
            Computing.to(options.Precision);
            RefreshComputing();
        }

        reader = new TorchPolicyReader(Computing, options);
    }

    /// <summary>
    /// The model, in single precision. Where <see cref="TorchPolicyOptions.Precision"/> is another one, the copy that computes takes changes over at the next optimizer step, and
    /// when weights are loaded or mixed.
    /// </summary>
    public nn.Module<Tensor, Tensor> Model { get; }

    /// <summary>What is known of the model.</summary>
    public TorchPolicyOptions Options { get; }

    /// <inheritdoc/>
    public int VocabularySize => Options.VocabularySize;

    /// <summary>The model that computes: <see cref="Model"/>, or its rounded copy.</summary>
    private nn.Module<Tensor, Tensor> Computing { get; }

    private OptimizerHelper Optimizer => optimizer ??= Options.Optimizer(Model) as OptimizerHelper
        ?? throw new NotSupportedException("The optimizer is none whose state TorchSharp can save; those of torch.optim are.");

    /// <summary>A copy of this policy as it is now, with an optimizer that has made no step.</summary>
    /// <param name="options">Other options for the same model, such as another optimizer; this policy's if left out.</param>
    public TorchPolicy Copy(TorchPolicyOptions? options = null)
    {
        var model = MakeAnother();
        CopyState(Model, model);
        return new TorchPolicy(model, another, options ?? Options);
    }

    /// <inheritdoc/>
    public IPolicy Freeze() => Copy();

    /// <inheritdoc/>
    /// <remarks>Parameters are mixed, and buffers left as they are.</remarks>
    public void MixWith(IPolicy other, double share)
    {
        if (share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share has to be from 0 to 1.");
        }

        var others = SameKind(other, nameof(other)).Model.named_parameters();
        using var scope = NewDisposeScope();
        using var nothing = no_grad();
        foreach (var ((_, own), (_, its)) in Model.named_parameters().Zip(others))
        {
            own.lerp_(its.to(own.device), tensor(share, dtype: own.dtype, device: own.device));
        }

        RefreshComputing();
    }

    /// <inheritdoc/>
    public void LogProbabilities(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        CheckDestination(sequences, destination);
        using var nothing = no_grad();
        for (var from = 0; from < sequences.Length; from += Options.SequencesPerPass)
        {
            using var scope = NewDisposeScope();
            var part = sequences[from..Math.Min(sequences.Length, from + Options.SequencesPerPass)];
            TorchPolicyReader.Values(reader.LogProbabilities(part).Sums).CopyTo(destination[from..]);
        }
    }

    /// <inheritdoc/>
    public int[][] Sample(ReadOnlySpan<ReadOnlyMemory<int>> prompts, SamplingOptions options, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EndOfText, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.EndOfText, VocabularySize, nameof(options));
        var streams = new RandomStream(random.NextUInt64());
        var completions = new List<int[]>(prompts.Length);
        for (var from = 0; from < prompts.Length; from += Options.SequencesPerPass)
        {
            var part = prompts[from..Math.Min(prompts.Length, from + Options.SequencesPerPass)];
            completions.AddRange(reader.Sample(part, options, i => streams.Fork((ulong)(from + i))));
        }

        return [.. completions];
    }

    /// <inheritdoc/>
    public void KlDivergence(IPolicy other, ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        var same = SameKind(other, nameof(other));
        CheckDestination(sequences, destination);
        for (var from = 0; from < sequences.Length; from += Options.SequencesPerPass)
        {
            var count = Math.Min(sequences.Length - from, Options.SequencesPerPass);
            reader.KlDivergence(same.reader, sequences.Slice(from, count), destination.Slice(from, count));
        }
    }

    /// <inheritdoc/>
    /// <remarks>All sequences are read at once, whatever <see cref="TorchPolicyOptions.SequencesPerPass"/> is: the trainer's batch size says how many there are.</remarks>
    public IForwardPass Forward(ReadOnlySpan<TokenSequence> sequences)
    {
        using var scope = NewDisposeScope();
        using var everything = enable_grad();
        var result = sequences.IsEmpty ? null : reader.LogProbabilities(sequences);
        result?.Sums.MoveToOuterDisposeScope().DetachFromDisposeScope();
        return new TorchForwardPass(result, AddComputedGradient);
    }

    /// <inheritdoc/>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        var norms = Gradients().Select(gradient => gradient.norm().to_type(ScalarType.Float64)).ToArray();
        return norms.Length == 0 ? 0 : stack(norms).norm().item<double>();
    }

    /// <inheritdoc/>
    public void ScaleGradient(double factor)
    {
        using var scope = NewDisposeScope();
        using var nothing = no_grad();
        foreach (var gradient in Gradients())
        {
            gradient.mul_(tensor(factor, dtype: gradient.dtype, device: gradient.device));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a finite number, 0 or greater.</exception>
    public void OptimizerStep(double learningRate)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "The learning rate has to be a finite number, 0 or greater.");
        }

        foreach (var group in Optimizer.ParamGroups)
        {
            group.LearningRate = learningRate;
        }

        Optimizer.step();
        ZeroGradient();
        RefreshComputing();
    }

    /// <inheritdoc/>
    public void ZeroGradient()
    {
        Model.zero_grad(set_to_none: true);
        Computing.zero_grad(set_to_none: true);
    }

    /// <inheritdoc/>
    /// <remarks>The model's <c>state_dict()</c> as a safetensors file: it can be read in Python.</remarks>
    public void SaveWeights(Stream destination) => SafeTensorsFile.Write(destination, Model.state_dict());

    /// <inheritdoc/>
    public void LoadWeights(Stream source)
    {
        SafeTensorsFile.Read(source, "the weights of the policy", Model.state_dict());
        RefreshComputing();
    }

    /// <inheritdoc/>
    /// <remarks>In TorchSharp's format, after the settings that have to be the same.</remarks>
    public void SaveOptimizer(Stream destination) => TorchOptimizerState.Save(Optimizer, destination);

    /// <inheritdoc/>
    public void LoadOptimizer(Stream source)
    {
        TorchOptimizerState.Load(Optimizer, source);
        ZeroGradient();
    }

    /// <summary>Disposes of the model and the optimizer.</summary>
    public void Dispose()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            optimizer?.Dispose();
            Computing.Dispose();
            Model.Dispose();
        }
    }

    private static void CopyState(nn.Module<Tensor, Tensor> from, nn.Module<Tensor, Tensor> to)
    {
        using var nothing = no_grad();
        var source = from.state_dict();
        var destination = to.state_dict();
        if (source.Keys.Except(destination.Keys).Concat(destination.Keys.Except(source.Keys)).FirstOrDefault() is { } name)
        {
            throw new ArgumentException($"The two models differ: only one has '{name}'. The function that makes another model has to make one of the same architecture.");
        }

        foreach (var (its, tensor) in destination)
        {
            if (!tensor.shape.SequenceEqual(source[its].shape))
            {
                throw new ArgumentException(
                    $"The two models differ: '{its}' is [{string.Join(", ", tensor.shape)}] and [{string.Join(", ", source[its].shape)}]. The function that makes another model has to make one of the same architecture.");
            }

            tensor.copy_(source[its]);
        }

        foreach (var ((_, original), (_, copy)) in from.named_parameters().Zip(to.named_parameters()))
        {
            copy.requires_grad_(original.requires_grad);
        }
    }

    private static void CheckDestination(ReadOnlySpan<TokenSequence> sequences, Span<double> destination)
    {
        if (destination.Length != sequences.Length)
        {
            throw new ArgumentException($"The destination has {destination.Length} values for {sequences.Length} sequences.", nameof(destination));
        }
    }

    private nn.Module<Tensor, Tensor> MakeAnother()
    {
        var model = another();
        if (ReferenceEquals(model, Model))
        {
            throw new InvalidOperationException("The function that makes another model gave the model itself.");
        }

        model.to(Options.Device);
        model.eval();
        return model;
    }

    private void RefreshComputing()
    {
        if (!ReferenceEquals(Computing, Model))
        {
            CopyState(Model, Computing);
        }
    }

    /// <summary>Takes the gradient of the rounded copy over to the weights that it was rounded from.</summary>
    private void AddComputedGradient()
    {
        if (ReferenceEquals(Computing, Model))
        {
            return;
        }

        using var nothing = no_grad();
        foreach (var ((_, own), (_, rounded)) in Model.named_parameters().Zip(Computing.named_parameters()))
        {
            using var scope = NewDisposeScope();
            if (own.requires_grad && rounded.grad is { } gradient)
            {
                var widened = gradient.to_type(ScalarType.Float32);
                own.grad = own.grad is { } sum ? sum.add_(widened) : widened;
                rounded.grad = null;
            }
        }
    }

    private IEnumerable<Tensor> Gradients() => Model.parameters().Where(parameter => parameter.requires_grad).Select(parameter => parameter.grad).OfType<Tensor>();

    private TorchPolicy SameKind(IPolicy other, string parameter)
    {
        if (other is not TorchPolicy policy || policy.VocabularySize != VocabularySize)
        {
            throw new ArgumentException($"The other policy has to be a {nameof(TorchPolicy)} with {VocabularySize} tokens.", parameter);
        }

        var (own, its) = (Model.named_parameters().ToArray(), policy.Model.named_parameters().ToArray());
        return own.Length == its.Length && own.Zip(its).All(pair => pair.First.name == pair.Second.name && pair.First.parameter.shape.SequenceEqual(pair.Second.parameter.shape))
            ? policy
            : throw new ArgumentException("The other policy has a model of another architecture: its parameters have other names or shapes.", parameter);
    }
}
