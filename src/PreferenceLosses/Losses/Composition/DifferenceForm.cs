using System.Collections.Immutable;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Losses;

/// <summary>A loss as a function of the difference ρ alone, where it is one; otherwise a reason.</summary>
internal sealed class DifferenceForm(PreferenceLoss loss, string modification)
{
    /// <summary>The names of a log-ratio difference and of the log-ratios, as <see cref="PairInputs"/> gives them.</summary>
    private const string DifferenceName = "ρ";

    public ArgumentException Refused(string reason) => new($"'{modification}' is refused for '{loss.Name}': {reason}.");

    /// <summary>The one formula of the loss; for weights, each row has to be a pair's own.</summary>
    public Expr Single()
    {
        CheckPairs();
        CheckSingle();
        if (NodeOrder.Of(loss.Graph.Losses).Any(n => n.Operation.IsSortOrScan()))
        {
            throw Refused("it compares responses of different rows, and weights are a pair's");
        }

        return loss.Graph.Losses[0];
    }

    /// <summary>The loss with ρ changed in sign or left alone.</summary>
    public Expr Of(Func<Expr, Expr> change)
    {
        CheckSingle();
        if (loss.Graph.IsBatchCoupled)
        {
            throw Refused("it depends on statistics of the batch, whose labels would be exchanged together");
        }

        CheckFunctionOfDifference(allowsColumns: false);
        return Substitution.Apply(loss.Graph.Losses, node => IsDifference(node) ? change(node) : node)[0];
    }

    /// <summary>The loss with another function of the two log-ratios in the place of ρ = c_w − c_l.</summary>
    public ImmutableArray<Expr> Replaced(Func<Expr, Expr, Expr> difference)
    {
        CheckPairs();
        if (!loss.Graph.Inputs.Any(IsReference))
        {
            throw Refused("it reads no reference");
        }

        CheckFunctionOfDifference(allowsColumns: true);
        return Substitution.Apply(loss.Graph.Losses, node =>
        {
            if (!IsDifference(node))
            {
                return node;
            }

            return node.Operands[0] is { Operation: Operation.Subtract, Operands: [{ Name: "c_w" } chosen, { Name: "c_l" } rejected] }
                ? Named(DifferenceName, difference(chosen, rejected))
                : throw Refused("its ρ is no longer the difference of two log-ratios");
        });
    }

    /// <summary>Nothing may be held against the reference alone: where c_w or c_l enters by itself, a reference of 0 is no scale for it.</summary>
    public void CheckReferenceOnlyInDifferences()
    {
        CheckPairs();
        var rest = NodeOrder.Of(Substitution.Apply(loss.Graph.Losses, node =>
            IsDifference(node) || node is { Operation: Operation.Named, Name: "ρ̄" } || IsMargin(node) ? Broadcast(0, Shape.Row) : node));
        if (rest.Exists(n => n.Operation == Operation.Input && IsReference(n)))
        {
            throw Refused("it holds each response against the reference, and not only their difference");
        }
    }

    private static bool IsMargin(Expr node) => node.Operation == Operation.Subtract && node.Operands.All(o => o.Operation == Operation.Input && IsReference(o));

    private static bool IsReference(Expr input) => input.Name is Columns.ReferenceChosen or Columns.ReferenceRejected;

    private void CheckPairs()
    {
        if (!loss.Graph.Inputs.Any(input => input.Name is Columns.PolicyChosen or Columns.PolicyRejected))
        {
            throw Refused("it is no loss of pairs");
        }
    }

    private static bool IsDifference(Expr node) => node is { Operation: Operation.Named, Name: DifferenceName };

    private void CheckSingle()
    {
        if (loss.Graph.Losses.Length != 1)
        {
            throw Refused("it has two losses per pair");
        }
    }

    /// <summary>Without ρ, the loss reads nothing of the models; for smoothing it reads no other column either, which would have to be exchanged.</summary>
    private void CheckFunctionOfDifference(bool allowsColumns)
    {
        var rest = NodeOrder.Of(Substitution.Apply(loss.Graph.Losses, node => IsDifference(node) ? Broadcast(0, Shape.Row) : node));
        var read = rest.FirstOrDefault(n => n.Operation == Operation.Input && (n.IsDifferentiable || (!allowsColumns && n.Shape != Shape.Scalar)));
        if (read is not null || NodeOrder.Of(loss.Graph.Losses).All(node => !IsDifference(node)))
        {
            throw Refused(
                "it is not a function of the log-ratio difference ρ alone"
                + (read is null ? "" : $" (it reads '{read.Name}')")
                + (allowsColumns ? ", so that the normaliser of the optimal policy does not cancel" : ""));
        }
    }
}
